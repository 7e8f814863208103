/** A corpus as files that other processes read, on other machines and in other languages: a manifest and what it names. */
import { mkdir, readFile, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Effect, Layer, Predicate, Schema } from "effect"
import type { Corpus } from "./Corpus.ts"
import { DataError, dataError } from "./DataError.ts"
import { DataSource } from "./DataSource.ts"
import type { DataSpec, Need } from "./DataSpec.ts"
import { Shard } from "./Manifest.ts"
import { replaceFile } from "./replaceFile.ts"
import { sha256 } from "./sha256.ts"
import { shardReader } from "./shardReader.ts"
import { bytesOf, tokenArray, tokensOf } from "./TokenBuffer.ts"

/** Tokens in a file at most. */
const CUT = 2 ** 22
const FEWEST = 2 ** 16

/** Published beside the tokens; files are named relative to it. */
const Manifest = Schema.Struct({
  version: Schema.Literal(1),
  identity: Schema.String,
  evaluation: Schema.String,
  vocabulary: Schema.Int,
  bytesPerToken: Schema.Int,
  validation: Shard,
  /** As they are cut here. */
  shards: Schema.Array(Shard),
  /** The corpus as it was prepared; `trainTokens` null: without end. */
  corpus: Schema.Struct({
    trainTokens: Schema.NullOr(Schema.Int),
    complete: Schema.Boolean,
    endOfDocument: Schema.NullOr(Schema.Int),
    shards: Schema.Array(Shard),
  }),
})
const decodeManifest = Schema.decodeUnknownSync(Schema.fromJsonString(Manifest))

/** So that a horizon a little longer finds its tokens there. */
const roundUp = (tokens: number): number =>
  tokens > CUT ? Math.ceil(tokens / CUT) * CUT : Math.max(FEWEST, 2 ** Math.ceil(Math.log2(tokens)))

const failed = (folder: string, cause: unknown): DataError => {
  if (cause instanceof DataError) return cause
  if (!Predicate.hasProperty(cause, "syscall")) throw cause
  const { code, message } = cause as unknown as NodeJS.ErrnoException
  const full = code === "ENOSPC" || code === "EDQUOT"
  return dataError(
    "CacheFailed",
    full
      ? `The tokens cannot be written to "${folder}": ${code === "EDQUOT" ? "your quota there is used up" : "the disk is full"}; free some space, or name another folder.`
      : `The published tokens in "${folder}" failed: ${message}; check the folder's permissions, or name another one.`,
  )
}

/** Exists whole under the name of its content, or is written. */
const place = async (
  folder: string,
  bytes: Uint8Array,
): Promise<{ readonly name: string; readonly sha256: string }> => {
  const hash = sha256(bytes)
  const name = `${hash.slice(0, 32)}.bin`
  const there = await stat(join(folder, name)).catch(() => undefined)
  if (there?.size !== bytes.byteLength) await replaceFile(join(folder, name), bytes)
  return { name, sha256: hash }
}

/**
 * Writes the first `tokens` training tokens (or all there are) and the validation tokens to a folder, and gives the path of the
 * manifest. What lies there already is not written again: publishing a longer horizon adds a manifest, and the files that it lacks.
 */
export const publishCorpus = (corpus: Corpus, tokens: number, folder: string): Effect.Effect<string, DataError> =>
  Effect.tryPromise({
    try: async () => {
      const count = Math.min(corpus.trainTokens, roundUp(tokens + 1))
      // Named by all that it says, so nobody's manifest is ever replaced by one that reaches less far.
      const { identity, evaluationId, trainTokens: whole, shards: prepared } = corpus
      const name = sha256(JSON.stringify([identity, evaluationId, count, whole, corpus.complete, prepared]))
      const file = join(folder, `${name.slice(0, 32)}.json`)
      if (await readFile(file, "utf8").then(decodeManifest, () => undefined)) return file
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const shards: Array<Shard> = []
      for (let from = 0; from < count; from += CUT) {
        const part = corpus.read(from, Math.min(CUT, count - from))
        shards.push({ ...(await place(folder, bytesOf(part))), tokens: part.length })
      }
      const { validation, vocabulary, trainTokens, complete, endOfDocument = null } = corpus
      const manifest: typeof Manifest.Type = {
        version: 1,
        identity: corpus.identity,
        evaluation: corpus.evaluationId,
        vocabulary,
        bytesPerToken: tokenArray(vocabulary).BYTES_PER_ELEMENT,
        validation: { ...(await place(folder, bytesOf(validation))), tokens: validation.length },
        shards,
        corpus: {
          trainTokens: Number.isFinite(trainTokens) ? trainTokens : null,
          complete,
          endOfDocument,
          shards: corpus.shards,
        },
      }
      await replaceFile(file, JSON.stringify(manifest))
      return file
    },
    catch: (cause) => failed(folder, cause),
  })

/** The files of a manifest, and the manifest itself last. */
export const publishedFiles = (manifest: string): Effect.Effect<ReadonlyArray<string>, DataError> =>
  Effect.tryPromise({
    try: async () => {
      const { validation, shards } = decodeManifest(await readFile(manifest, "utf8"))
      const folder = dirname(manifest)
      return [...[validation, ...shards].map(({ name }) => join(folder, name)), manifest]
    },
    catch: (cause) => failed(dirname(manifest), cause),
  })

/** Opens what was published, after comparing the hash of everything that will be read. */
export const openPublished = (manifest: string, need: Need, repeat: boolean): Effect.Effect<Corpus, DataError> =>
  Effect.tryPromise({
    try: async () => {
      const folder = dirname(manifest)
      const unsound = (name: string, why: string) =>
        dataError(
          "CacheFailed",
          `The published tokens "${join(folder, name)}" ${why}: remove "${folder}", and they are published anew.`,
        )
      const sound = async ({ name, sha256: expected }: Shard) => {
        const bytes = await readFile(join(folder, name)).catch((cause: Error) => {
          throw unsound(name, `cannot be read (${cause.message})`)
        })
        if (sha256(bytes) !== expected) throw unsound(name, "are not those that were published: their hash differs")
        return bytes
      }
      const text = await readFile(manifest, "utf8")
      const { corpus, evaluation, identity, shards, validation, vocabulary } = decodeManifest(text)
      let published = 0
      for (const shard of shards) {
        // Of a corpus read again and again everything is read.
        if (published > need.tokens && !repeat) break
        await sound(shard)
        published += shard.tokens
      }
      if (published <= need.tokens && !(repeat && published === corpus.trainTokens))
        throw dataError(
          "CorpusTooShort",
          `Published are ${published} training tokens, but the horizon of ${need.tokens} needs ${need.tokens + 1}: publish more of the corpus.`,
        )
      return {
        identity,
        source: { published: identity },
        shards: corpus.shards,
        trainTokens: corpus.trainTokens ?? Number.POSITIVE_INFINITY,
        complete: corpus.complete,
        vocabulary,
        endOfDocument: corpus.endOfDocument ?? undefined,
        read: shardReader(folder, shards, vocabulary, repeat),
        validation: tokensOf(await sound(validation), vocabulary),
        evaluationId: evaluation,
      }
    },
    catch: (cause) => failed(dirname(manifest), cause),
  })

/** A `DataSource` that knows only what was published: no hub, no files of a study. */
export const publishedSource = (manifestOf: (spec: DataSpec) => string | undefined): Layer.Layer<DataSource> =>
  Layer.succeed(
    DataSource,
    DataSource.of({
      open: (spec, need) => {
        const manifest = manifestOf(spec)
        return manifest === undefined
          ? Effect.fail(dataError("NotFound", "The tokens of a run were not published: name their manifest."))
          : openPublished(manifest, need, spec.repeat)
      },
    }),
  )
