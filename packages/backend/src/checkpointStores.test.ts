import { writeFileSync } from "node:fs"
import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Layer } from "effect"
import { afterAll, describe, expect, it } from "vitest"
import { type Checkpoint, CheckpointStore } from "./Checkpoint.ts"
import { fileCheckpoints, memoryCheckpoints } from "./checkpointStores.ts"
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts"

const checkpoint = (tokens: number, runId = "0123456789abcdef"): Checkpoint => ({
  runId,
  numericsId: "n1",
  tokens,
  step: tokens / 64,
  averages: [0.99],
  metadata: { lossAverage: Math.PI },
  documents: { lineage: '[1, "ü"]' },
  tensors: new Map([
    ["w", { shape: [2, 3], values: Float32Array.from([1, -2, 3.5, Math.fround(1e-30), 0, tokens]) }],
    ["b", { shape: [], values: Float32Array.of(7) }],
    ["double", { shape: [2], values: Float64Array.of(Math.PI, -1e-300) }],
  ]),
})

const folders: Array<string> = []
const folder = async () => {
  const made = await mkdtemp(join(tmpdir(), "tt-checkpoints-"))
  folders.push(made)
  return made
}
afterAll(() => Promise.all(folders.map((f) => rm(f, { recursive: true }))))

const stores = {
  memory: async () => memoryCheckpoints,
  file: async () => fileCheckpoints(await folder()).pipe(Layer.provide(NodeServices.layer)),
}

describe.each(Object.entries(stores))("%s store", (_, make) => {
  const use = async <A, E>(f: (store: CheckpointStore["Service"]) => Effect.Effect<A, E>) =>
    Effect.runPromise(Effect.provide(CheckpointStore.use(f), await make()))

  it("gives back what was put, bit for bit", () =>
    use((store) =>
      Effect.gen(function* () {
        const ref = yield* store.put(checkpoint(128), { rolling: false })
        expect(yield* store.get(ref)).toEqual(checkpoint(128))
        expect(yield* store.put(checkpoint(128), { rolling: false })).toEqual(ref)
        expect(yield* store.list(ref.runId, "n1")).toEqual([ref])
        expect(yield* store.list(ref.runId, "other")).toEqual([])
      }),
    ))

  it("keeps a rolling one that lies further than the newer one: a run read again earlier has not lost its end", () =>
    use((store) =>
      Effect.gen(function* () {
        const end = yield* store.put(checkpoint(256), { rolling: true })
        const early = yield* store.put(checkpoint(64), { rolling: true })
        expect(yield* store.list(end.runId, "n1")).toEqual([early, end])
        const later = yield* store.put(checkpoint(128), { rolling: true })
        expect(yield* store.list(end.runId, "n1")).toEqual([later, end])
        const last = yield* store.put({ ...checkpoint(256), averages: [] }, { rolling: true })
        expect(yield* store.list(end.runId, "n1")).toEqual([last])
      }),
    ))

  it("keeps those asked for and one rolling", () =>
    use((store) =>
      Effect.gen(function* () {
        const kept = yield* store.put(checkpoint(64), { rolling: false })
        yield* store.put(checkpoint(128), { rolling: true })
        const last = yield* store.put(checkpoint(192), { rolling: true })
        expect(yield* store.list(kept.runId, "n1")).toEqual([kept, last])
        // A checkpoint that was asked for survives being put again as the rolling one.
        yield* store.put(checkpoint(64), { rolling: true })
        const after = yield* store.put(checkpoint(256), { rolling: true })
        expect(yield* store.list(kept.runId, "n1")).toEqual([kept, after])
        yield* store.remove(kept)
        expect(yield* store.list(kept.runId, "n1")).toEqual([after])
        yield* store.keep(after)
        const newest = yield* store.put(checkpoint(320), { rolling: true })
        expect(yield* store.list(kept.runId, "n1")).toEqual([after, newest])
        expect((yield* Effect.flip(store.keep(kept))).message).toMatch(/is gone/)
      }),
    ))
})

describe("file store", () => {
  it("refuses a corrupt checkpoint and survives a stray file", async () => {
    const home = await folder()
    const layer = fileCheckpoints(home).pipe(Layer.provide(NodeServices.layer))
    const error = await Effect.runPromise(
      CheckpointStore.use((store) =>
        Effect.gen(function* () {
          const ref = yield* store.put(checkpoint(64), { rolling: false })
          const file = join(home, ref.runId, `${ref.hash}.safetensors`)
          const bytes = yield* Effect.promise(() => readFile(file))
          bytes[bytes.length - 1]! ^= 1
          yield* Effect.promise(() => writeFile(file, bytes))
          yield* Effect.promise(() => writeFile(join(home, ref.runId, "torn.json"), '{"ref":'))
          expect(yield* store.list(ref.runId, "n1")).toEqual([ref])
          return yield* Effect.flip(store.get(ref))
        }),
      ).pipe(Effect.provide(layer)),
    )
    expect(error).toMatchObject({ reason: "Checkpoint", retryable: false })
    expect(error.message).toMatch(/corrupt: its hash is/)
  })

  it("calls a checkpoint whose tensors are gone useless, not worth another try", async () => {
    const home = await folder()
    const error = await Effect.runPromise(
      CheckpointStore.use((store) =>
        Effect.gen(function* () {
          const ref = yield* store.put(checkpoint(64), { rolling: false })
          yield* Effect.promise(() => rm(join(home, ref.runId, `${ref.hash}.safetensors`)))
          return yield* Effect.flip(store.get(ref))
        }),
      ).pipe(Effect.provide(fileCheckpoints(home).pipe(Layer.provide(NodeServices.layer)))),
    )
    expect(error).toMatchObject({ reason: "Checkpoint", retryable: false, message: expect.stringMatching(/is gone/) })
  })

  it("lists what is there while another process takes checkpoints away, and clears what a kill left behind", async () => {
    const home = await folder()
    await Effect.runPromise(
      CheckpointStore.use((store) =>
        Effect.gen(function* () {
          const ref = yield* store.put(checkpoint(64), { rolling: false })
          const at = join(home, ref.runId)
          // Seen in the folder, gone when it is read.
          yield* Effect.promise(() => symlink(join(at, "nowhere"), join(at, "vanished.json")))
          expect(yield* store.list(ref.runId, "n1")).toEqual([ref])
          const hourAgo = Date.now() / 1000 - 3600
          for (const left of ["0a.safetensors", "0b.safetensors.1.partial", "0c.json.2.partial"]) {
            yield* Effect.promise(() => writeFile(join(at, left), "half"))
            yield* Effect.promise(() => utimes(join(at, left), hourAgo, hourAgo))
          }
          // Another writer is at work on this one.
          yield* Effect.promise(() => writeFile(join(at, "0d.json.3.partial"), "half"))
          const next = yield* store.put(checkpoint(128), { rolling: true })
          expect(yield* store.list(ref.runId, "n1")).toEqual([ref, next])
          const names = yield* Effect.promise(() => readdir(at))
          expect(names.filter((name) => !/^(vanished|torn)/.test(name))).toHaveLength(5)
          expect(names.filter((name) => name.startsWith("0"))).toEqual(["0d.json.3.partial"])
        }),
      ).pipe(Effect.provide(fileCheckpoints(home).pipe(Layer.provide(NodeServices.layer)))),
    )
  })

  it("has contents on disk before names, and names before an older one goes", async () => {
    const home = await folder()
    const done: Array<string> = []
    const nameOf = (path: string) =>
      path.replace(/^.*\.(safetensors|json)(\.[^.]+(\.partial))?$/, "$1$3").replace(/^.*\//, "")
    const watching = Layer.effect(
      FileSystem.FileSystem,
      Effect.map(FileSystem.FileSystem, (fs) =>
        FileSystem.FileSystem.of({
          ...fs,
          open: (path, options) =>
            Effect.map(fs.open(path, options), (file) => ({
              ...file,
              writeAll: (bytes: Uint8Array) => file.writeAll(bytes),
              sync: Effect.tap(file.sync, () => Effect.sync(() => done.push(`sync ${nameOf(path)}`))),
            })),
          rename: (from, to) =>
            Effect.tap(fs.rename(from, to), () => Effect.sync(() => done.push(`name ${nameOf(to)}`))),
          remove: (path, options) =>
            Effect.tap(fs.remove(path, options), () => Effect.sync(() => done.push(`remove ${nameOf(path)}`))),
        }),
      ),
    )
    const layer = fileCheckpoints(join(home, "kept")).pipe(Layer.provide(watching), Layer.provide(NodeServices.layer))
    const { runId } = checkpoint(0)
    const write = (kind: string) => [`sync ${kind}.partial`, `name ${kind}`, `sync ${runId}`]
    const both = [...write("safetensors"), ...write("json")]
    await Effect.runPromise(
      CheckpointStore.use((store) =>
        Effect.gen(function* () {
          yield* store.put(checkpoint(64), { rolling: true })
          expect(done.splice(0)).toEqual(["sync kept", ...both])
          yield* store.put(checkpoint(128), { rolling: true })
          expect(done).toEqual([...both, "remove json", "remove safetensors"])
        }),
      ).pipe(Effect.provide(layer)),
    )
  })

  it("says what to do when it cannot write, and leaves nothing behind", async () => {
    const home = await folder()
    writeFileSync(join(home, "blocked"), "a file where the folder should be")
    const layer = fileCheckpoints(join(home, "blocked")).pipe(Layer.provide(NodeServices.layer))
    const error = await Effect.runPromise(
      CheckpointStore.use((store) => Effect.flip(store.put(checkpoint(64), { rolling: true }))).pipe(
        Effect.provide(layer),
      ),
    )
    expect(error).toMatchObject({ reason: "Checkpoint", retryable: true })
    expect(error.message).toMatch(/free space there or make it writable/)
    expect(await readdir(home)).toEqual(["blocked"])
  })
})

describe("safetensors", () => {
  it("lays bytes out as the format says", () => {
    const bytes = encodeSafetensors({
      metadata: {},
      tensors: new Map([["a", { shape: [1], values: Float32Array.of(1) }]]),
    })
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
    expect(length % 8).toBe(0)
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      __metadata__: {},
      a: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
    })
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f])
  })

  it("refuses every truncation", () => {
    const bytes = encodeSafetensors({ metadata: { k: "v" }, tensors: checkpoint(1).tensors })
    expect(decodeSafetensors(bytes).tensors).toEqual(checkpoint(1).tensors)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow(RangeError)
    }
    expect(() =>
      encodeSafetensors({ metadata: {}, tensors: new Map([["a", { shape: [2], values: Float32Array.of(1) }]]) }),
    ).toThrow(/does not hold 1 values/)
  })
})
