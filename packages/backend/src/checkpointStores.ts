/** Where checkpoints are kept: in memory, or in a folder that can be copied to another machine. */
import { Clock, Effect, FileSystem, Layer, Option, Path, type PlatformError, Schema } from "effect"
import { BackendError } from "./BackendError.ts"
import { type Checkpoint, CheckpointRef, CheckpointStore } from "./Checkpoint.ts"
import { bytesHash } from "./canonical.ts"
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts"

const failure = (runId: string, message: string, retryable: boolean, cause?: unknown) =>
  new BackendError({
    backend: "checkpoints",
    reason: "Checkpoint",
    message,
    retryable,
    runId,
    ...(cause === undefined ? {} : { cause }),
  })

const Header = Schema.Struct({
  version: Schema.Literal(1),
  ref: CheckpointRef.mapFields(({ hash: _, ...fields }) => fields),
  metadata: Schema.Record(Schema.String, Schema.Finite),
  documents: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
})

const encode = (checkpoint: Checkpoint) =>
  Effect.promise(async (): Promise<{ readonly ref: CheckpointRef; readonly bytes: Uint8Array }> => {
    const { tensors, metadata, documents, ...ref } = checkpoint
    const header = JSON.stringify({ version: 1, ref, metadata, documents })
    const bytes = encodeSafetensors({ metadata: { time_transfer: header }, tensors })
    return { ref: { ...ref, hash: await bytesHash(bytes) }, bytes }
  })

const decode = (ref: CheckpointRef, bytes: Uint8Array) =>
  Effect.tryPromise({
    try: async (): Promise<Checkpoint> => {
      const found = await bytesHash(bytes)
      if (found !== ref.hash) throw new RangeError(`its hash is ${found.slice(0, 12)}, not ${ref.hash.slice(0, 12)}`)
      const file = decodeSafetensors(bytes)
      const header = Schema.decodeUnknownSync(Header)(JSON.parse(file.metadata["time_transfer"] ?? "null"))
      const { ref: position, version: _, ...held } = header
      return { ...position, ...held, tensors: file.tensors }
    },
    catch: (cause) =>
      failure(
        ref.runId,
        `checkpoint at ${ref.tokens} tokens of run ${ref.runId} is corrupt: ${(cause as Error).message}; delete it, the run starts from an earlier one`,
        false,
        cause,
      ),
  })

/** The file system's own words: the code alone ("ENOSPC") is in the cause of the cause. */
const why = ({ message, reason }: PlatformError.PlatformError): string => {
  const cause = "cause" in reason ? reason.cause : undefined
  if ((cause as NodeJS.ErrnoException | undefined)?.code === "ENOSPC") return "the disk is full"
  return cause instanceof Error ? cause.message : message
}

const byPosition = (a: CheckpointRef, b: CheckpointRef) => a.tokens - b.tokens

export interface KeptCheckpoint {
  readonly ref: CheckpointRef
  /** Replaced by the next rolling one. */
  readonly rolling: boolean
}

/** The rolling checkpoints that a new one of the same run replaces: not those further on, which cost more to come by. */
const replaced = (kept: ReadonlyArray<KeptCheckpoint>, ref: CheckpointRef): ReadonlyArray<KeptCheckpoint> =>
  kept.filter(
    (k) => k.rolling && k.ref.numericsId === ref.numericsId && k.ref.hash !== ref.hash && k.ref.tokens <= ref.tokens,
  )

const gone = (ref: CheckpointRef) =>
  failure(
    ref.runId,
    `checkpoint ${ref.hash.slice(0, 12)} of run ${ref.runId} is gone; the run starts from an earlier one`,
    false,
  )

/** A place for encoded checkpoints that changes all at once or not at all. What it throws is why. */
export interface CheckpointShelf {
  readonly list: (runId: string) => ReadonlyArray<KeptCheckpoint>
  readonly read: (ref: CheckpointRef) => Uint8Array | undefined
  /** Durable when it returns; takes those it replaces away. */
  readonly write: (kept: KeptCheckpoint, bytes: Uint8Array, replaced: ReadonlyArray<CheckpointRef>) => void
  /** A rolling one is replaced no more. */
  readonly keep: (ref: CheckpointRef) => void
  readonly remove: (ref: CheckpointRef) => void
}

/** @param place for messages: where the shelf stands */
export const checkpointsOn = (shelf: CheckpointShelf, place: string): CheckpointStore["Service"] => {
  const attempt = <A>(runId: string, what: string, use: () => A) =>
    Effect.try({
      try: use,
      catch: (cause) => {
        const why = cause instanceof Error ? cause.message : String(cause)
        return failure(runId, `cannot ${what} of run ${runId} in ${place}: ${why}`, true, cause)
      },
    })
  return CheckpointStore.of({
    put: (checkpoint, { rolling }) =>
      Effect.flatMap(encode(checkpoint), ({ ref, bytes }) =>
        attempt(ref.runId, "keep a checkpoint", () => {
          const before = shelf.list(ref.runId)
          const same = before.find((k) => k.ref.hash === ref.hash)
          const kept = { ref, rolling: rolling && same?.rolling !== false }
          shelf.write(kept, bytes, rolling ? replaced(before, ref).map((old) => old.ref) : [])
          return ref
        }),
      ),
    get: (ref) =>
      Effect.flatMap(
        attempt(ref.runId, "read a checkpoint", () => shelf.read(ref)),
        (bytes) => (bytes === undefined ? Effect.fail(gone(ref)) : decode(ref, bytes)),
      ),
    list: (runId, numericsId) =>
      attempt(runId, "list the checkpoints", () =>
        shelf
          .list(runId)
          .map((k) => k.ref)
          .filter((ref) => ref.numericsId === numericsId)
          .sort(byPosition),
      ),
    keep: (ref) =>
      Effect.flatMap(
        attempt(ref.runId, "keep a checkpoint", () => {
          const there = shelf.list(ref.runId).some((k) => k.ref.hash === ref.hash)
          if (there) shelf.keep(ref)
          return there
        }),
        (there) => (there ? Effect.void : Effect.fail(gone(ref))),
      ),
    remove: (ref) => attempt(ref.runId, "remove a checkpoint", () => shelf.remove(ref)),
  })
}

const memoryShelf = (): CheckpointShelf => {
  const runs = new Map<string, ReadonlyMap<string, KeptCheckpoint & { readonly bytes: Uint8Array }>>()
  const of = (runId: string) => runs.get(runId) ?? new Map()
  const without = (runId: string, hashes: ReadonlyArray<string>) =>
    new Map([...of(runId)].filter(([hash]) => !hashes.includes(hash)))
  return {
    list: (runId) => [...of(runId).values()],
    read: ({ runId, hash }) => of(runId).get(hash)?.bytes,
    write: (kept, bytes, old) => {
      const { runId, hash } = kept.ref
      const rest = without(
        runId,
        old.map((ref) => ref.hash),
      )
      runs.set(runId, rest.set(hash, { ...kept, bytes }))
    },
    keep: ({ runId, hash }) => {
      const found = of(runId).get(hash)
      if (found !== undefined) runs.set(runId, without(runId, []).set(hash, { ...found, rolling: false }))
    },
    remove: ({ runId, hash }) => void runs.set(runId, without(runId, [hash])),
  }
}

/** Kept as long as the layer lives. */
export const memoryCheckpoints: Layer.Layer<CheckpointStore> = Layer.sync(CheckpointStore, () =>
  checkpointsOn(memoryShelf(), "memory"),
)

const Index = Schema.fromJsonString(Schema.Struct({ ref: CheckpointRef, rolling: Schema.Boolean }))

/** Drafts and tensors without an index are another writer's at work until they are as old as this, milliseconds. */
const STRAY_AGE = 10 * 60_000

/**
 * Kept in `folder/<run id>/`: `<hash>.safetensors` beside `<hash>.json`. A checkpoint exists once its JSON does, and
 * both are on disk, their names too (fsync of files and folders), before `put` returns. One writer per run at a time, any
 * number of readers; a second writer of the same run (an attempt that was cut off and lives on) corrupts nothing.
 */
export const fileCheckpoints = (
  folder: string,
): Layer.Layer<CheckpointStore, never, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    CheckpointStore,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const home = (runId: string) => path.join(folder, runId)

      const unwritable = (runId: string) => (cause: PlatformError.PlatformError) =>
        failure(
          runId,
          `cannot write a checkpoint of run ${runId} to ${folder}: ${why(cause)}; free space there or make it writable, then run again: nothing measured is lost`,
          true,
          cause,
        )
      const unreadable = (runId: string) => (cause: PlatformError.PlatformError) =>
        failure(runId, `cannot read the checkpoints of run ${runId} in ${folder}: ${why(cause)}`, true, cause)

      /** A file is where it was renamed to once its folder is on disk, too. Not every system opens folders (Windows does not). */
      const settle = (at: string) =>
        Effect.ignore(Effect.scoped(Effect.flatMap(fs.open(at, { flag: "r" }), (handle) => handle.sync)))

      const writeDurably = (file: string, bytes: Uint8Array) =>
        Effect.scoped(
          Effect.gen(function* () {
            const draft = `${file}.${crypto.randomUUID()}.partial`
            yield* Effect.gen(function* () {
              const handle = yield* fs.open(draft, { flag: "w" })
              yield* handle.writeAll(bytes)
              yield* handle.sync
              yield* fs.rename(draft, file)
            }).pipe(Effect.onError(() => Effect.ignore(fs.remove(draft))))
            yield* settle(path.dirname(file))
          }),
        )

      const indexFile = (ref: CheckpointRef) => path.join(home(ref.runId), `${ref.hash}.json`)
      const tensorFile = (ref: CheckpointRef) => path.join(home(ref.runId), `${ref.hash}.safetensors`)
      const writeIndex = (index: KeptCheckpoint) =>
        writeDurably(indexFile(index.ref), new TextEncoder().encode(JSON.stringify(index)))

      const isMissing = ({ reason }: PlatformError.PlatformError) => reason._tag === "NotFound"
      const namesOf = (runId: string) =>
        fs.readDirectory(home(runId)).pipe(Effect.catchIf(isMissing, () => Effect.succeed([])))

      const kept = Effect.fnUntraced(function* (runId: string) {
        const found: Array<KeptCheckpoint> = []
        for (const name of yield* namesOf(runId)) {
          if (!name.endsWith(".json")) continue
          // Another process may have taken it away since.
          const text = fs
            .readFileString(path.join(home(runId), name))
            .pipe(Effect.catchIf(isMissing, () => Effect.succeed("")))
          const index = yield* Effect.option(Schema.decodeUnknownEffect(Index)(yield* text))
          if (index._tag === "Some") found.push(index.value)
        }
        return found
      })

      /** Takes away what a kill between two files left: drafts, and tensors without an index. */
      const clear = Effect.fnUntraced(function* (runId: string, known: ReadonlyArray<KeptCheckpoint>) {
        const hashes = new Set(known.map(({ ref }) => ref.hash))
        const now = yield* Clock.currentTimeMillis
        for (const name of yield* namesOf(runId)) {
          const stray = name.endsWith(".safetensors") && !hashes.has(name.slice(0, -".safetensors".length))
          if (!stray && !name.endsWith(".partial")) continue
          const file = path.join(home(runId), name)
          const changed = Option.flatMap(yield* Effect.option(fs.stat(file)), ({ mtime }) => mtime)
          const age = now - Option.getOrElse(changed, () => new Date(now)).getTime()
          if (age > STRAY_AGE) yield* fs.remove(file, { force: true })
        }
      })

      const remove = Effect.fnUntraced(function* (ref: CheckpointRef) {
        // The index first: a checkpoint without one does not exist.
        yield* fs.remove(indexFile(ref), { force: true })
        yield* fs.remove(tensorFile(ref), { force: true })
      })

      return CheckpointStore.of({
        folder,
        put: (checkpoint, { rolling }) =>
          Effect.gen(function* () {
            const { ref, bytes } = yield* encode(checkpoint)
            if (!(yield* fs.exists(home(ref.runId)))) {
              yield* fs.makeDirectory(home(ref.runId), { recursive: true })
              yield* settle(folder)
            }
            const before = yield* kept(ref.runId)
            yield* clear(ref.runId, before)
            const same = before.find((k) => k.ref.hash === ref.hash)
            const index: KeptCheckpoint = { ref, rolling: rolling && same?.rolling !== false }
            yield* writeDurably(tensorFile(ref), bytes)
            yield* writeIndex(index)
            if (rolling) yield* Effect.forEach(replaced(before, ref), (k) => remove(k.ref), { discard: true })
            return ref
          }).pipe(Effect.mapError(unwritable(checkpoint.runId))),
        get: (ref) =>
          fs.readFile(tensorFile(ref)).pipe(
            Effect.mapError((cause) => (isMissing(cause) ? gone(ref) : unreadable(ref.runId)(cause))),
            Effect.flatMap((bytes) => decode(ref, bytes)),
          ),
        list: (runId, numericsId) =>
          kept(runId).pipe(
            Effect.map((found) =>
              found
                .map((k) => k.ref)
                .filter((ref) => ref.numericsId === numericsId)
                .sort(byPosition),
            ),
            Effect.mapError(unreadable(runId)),
          ),
        keep: (ref) =>
          Effect.gen(function* () {
            if (!(yield* fs.exists(tensorFile(ref)))) return yield* gone(ref)
            yield* writeIndex({ ref, rolling: false })
          }).pipe(Effect.catchTag("PlatformError", (cause) => Effect.fail(unwritable(ref.runId)(cause)))),
        remove: (ref) => Effect.mapError(remove(ref), unwritable(ref.runId)),
      })
    }),
  )
