/** What cannot be done is refused before the first step: a typed error that names the field and the way out. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type Assignment,
  Backend,
  type BackendErrorReason,
  memoryCheckpoints,
  type RunSpecInput,
  runId,
} from "@ts/backend"
import { DataSource } from "@ts/data"
import { opKinds, referenceDevice } from "@ts/program"
import { Effect, Layer } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { trainerBackend } from "../src/index.ts"
import { assign, lastHash, only, refusal, run, specInput, train } from "./study.ts"

const { model } = specInput
const cases: ReadonlyArray<
  readonly [string, BackendErrorReason, string, Partial<RunSpecInput>, Partial<Assignment>, RegExp]
> = [
  [
    "a batch smaller than a sequence",
    "InvalidSpec",
    "batch.tokens",
    { batch: { kind: "constant", tokens: 4 } },
    {},
    /4/,
  ],
  [
    "a width not divisible by heads",
    "InvalidSpec",
    "model.n_heads",
    { model: { ...model, n_heads: 3 } },
    {},
    /divisor/,
  ],
  ["another precision", "Unsupported", "precision", { precision: "bf16" }, {}, /use f64/],
  ["an average that never moves", "InvalidSpec", "averages", {}, { averages: [1] }, /below 1/],
  ["an average named twice", "InvalidSpec", "averages", {}, { averages: [0.9, 0.5, 0.9] }, /0.9 is there twice/],
  [
    "noise-scale batches that cut a sequence",
    "InvalidSpec",
    "noiseScale",
    {},
    { noiseScale: { small: 12, big: 32, samples: 1 } },
    /sequences of 8/,
  ],
  [
    "a vocabulary smaller than the source's",
    "InvalidSpec",
    "model.vocab_size",
    { model: { ...model, vocab_size: 8 } },
    {},
    /8 is smaller/,
  ],
  [
    "a power law that rises",
    "InvalidSpec",
    "schedule.exponent",
    { schedule: { kind: "power", warmup: 0, knee: 64, exponent: 1 } },
    {},
    /exponent/,
  ],
  [
    "validation shorter than a sequence",
    "Data",
    "data",
    { data: { ...specInput.data, validation: { tokens: 4, seed: 1 } } },
    {},
    /at least 8/,
  ],
  ["readings past the end", "InvalidSpec", "evaluateAt", {}, { evaluateAt: [700] }, /700/],
]

describe("prepare and train refuse", () => {
  it.each(cases)("%s", async (_, reason, field, change, readings, message) => {
    const assignment = assign(change, readings)
    await run(
      Effect.gen(function* () {
        const backend = yield* Backend
        for (const error of [yield* Effect.flip(backend.prepare([assignment])), yield* refusal(assignment)]) {
          expect(error).toMatchObject({ _tag: "BackendError", backend: "reference", reason, field, retryable: false })
          expect(error.message).toMatch(message)
        }
      }),
    )
  })
})

describe("a corpus of a few words", () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tt-trainer-"))
    await writeFile(join(folder, "words.txt"), `${"a few words only, and then no more\n".repeat(60)}`)
  })
  afterAll(() => rm(folder, { recursive: true }))

  const data = {
    source: { kind: "files", paths: ["words.txt"], format: "lines" },
    tokenizer: { kind: "bytes" },
    validation: { tokens: 64, seed: 1 },
    seed: 1,
  } as const
  const layer = () =>
    trainerBackend({ name: "reference", device: referenceDevice() }).pipe(
      Layer.provide(DataSource.layer({ base: folder, cacheFolder: join(folder, "cache") })),
      Layer.provideMerge(memoryCheckpoints),
    )
  const bytes = { model: { ...model, vocab_size: 272 }, data }

  it("is too short for a long horizon, also where only the last step's rounding is", async () => {
    await Effect.runPromise(
      Effect.gen(function* () {
        const backend = yield* Backend
        const { data: found } = yield* backend.prepare([assign(bytes, { until: 640 })])
        const have = found[0]!.trainTokens!
        expect(found[0]!.shards.length).toBeGreaterThan(0)
        const until = have - 1 - ((have - 1) % 32) + 1
        for (const horizon of [until, 10 * have]) {
          const error = yield* Effect.flip(backend.prepare([assign(bytes, { until: horizon })]))
          expect(error).toMatchObject({ reason: "Data", field: "data", retryable: false })
          expect(error.message).toMatch(/repeat/)
        }
        // The noise scale is read from the tokens that follow a reading, so they must be there too.
        const last = have - 1 - ((have - 1) % 32)
        const noiseScale = { small: 8, big: 64, samples: 2 }
        const probed = (evaluateAt: number) => assign(bytes, { until: last, evaluateAt: [evaluateAt], noiseScale })
        expect((yield* Effect.flip(backend.prepare([probed(last - 96)]))).message).toMatch(/repeat/)
        expect(only(yield* train(probed(last - 128)), "NoiseScaleMeasured")).toHaveLength(1)
        // With `repeat` the corpus starts again.
        const again = assign({ ...bytes, data: { ...data, repeat: true } }, { until: have + 64, logEvery: 64 })
        expect(only(yield* train(again), "Finished")).toHaveLength(1)
      }).pipe(Effect.provide(layer())),
    )
  })

  it("whose tokens vanish while a study runs is an error that may be tried again, and then prepared anew", async () => {
    await Effect.runPromise(
      Effect.gen(function* () {
        const backend = yield* Backend
        const assignment = assign(bytes, { until: 640 })
        yield* backend.prepare([assignment])
        yield* Effect.promise(() => rm(join(folder, "cache"), { recursive: true }))
        const error = yield* refusal(assignment)
        expect(error).toMatchObject({ reason: "Data", field: "data", retryable: true })
        expect(error.message).toMatch(/cannot be read: ENOENT/)
        expect(only(yield* train(assignment), "Finished")).toHaveLength(1)
      }).pipe(Effect.provide(layer())),
    )
  })

  it("is not found under another name", async () => {
    const missing = { ...data, source: { ...data.source, paths: ["word.txt"] as [string] } }
    const error = await Effect.runPromise(refusal(assign({ ...bytes, data: missing })).pipe(Effect.provide(layer())))
    expect(error).toMatchObject({ reason: "Data", field: "data" })
    expect(error.message).toContain("word.txt")
  })
})

describe("bundles", () => {
  it("of unequal shapes, of one run twice, of too many lanes", () =>
    run(
      Effect.gen(function* () {
        for (const change of [
          { model: { ...model, n_layers: 2 } },
          { batch: { kind: "constant", tokens: 64 } },
          { optimizer: { kind: "sgd", decay: "independent" } },
        ] as const) {
          const error = yield* refusal(assign(), assign(change))
          expect(error).toMatchObject({ reason: "InvalidSpec", field: "bundle", runId: runId(assign(change).spec) })
        }
        expect((yield* refusal(assign(), assign())).message).toContain("twice")
        const many = Array.from({ length: 65 }, (_, seed) => assign({ seed }))
        expect((yield* refusal(many[0]!, ...many.slice(1))).message).toContain("64 lanes")
      }),
    ))
})

describe("checkpoints and branches", () => {
  it("refuse what does not fit, by name", () =>
    run(
      Effect.gen(function* () {
        const parent = assign({}, { checkpointAt: [320] })
        const events = yield* train(parent)
        const ref = only(events, "Checkpointed")[0]!.checkpoint
        const origin = { parent: runId(parent.spec), at: 320 }
        const expectRefusal = Effect.fnUntraced(function* (assignment: Assignment, field: string, message: RegExp) {
          const error = yield* refusal(assignment)
          expect(error).toMatchObject({ reason: "Checkpoint", field })
          expect(error.message).toMatch(message)
        })
        yield* expectRefusal(assign({ origin: { ...origin, at: 64 } }), "origin", /no checkpoint at 64 .*320/)
        yield* expectRefusal(assign({ origin }, { averages: [0.9] }), "origin", /averages/)
        yield* expectRefusal(assign({ origin, model: { ...model, d_model: 16 } }), "origin", /\[16,8\], not \[16,16\]/)
        const signum = { kind: "signum", decay: "independent" } as const
        yield* expectRefusal(assign({ origin, optimizer: signum }), "origin", /lacks the tensor momentum:/)
        yield* expectRefusal(assign({ seed: 2 }, { resume: ref }), "resume", /is of run/)
        yield* expectRefusal(assign({}, { resume: ref, evaluateAt: [64] }), "resume", /past the first reading/)
        const foreign = { ...ref, numericsId: "other" }
        yield* expectRefusal(assign({}, { resume: foreign }), "resume", /acceptOtherNumerics/)
        const gone = yield* refusal(assign({}, { resume: { ...ref, hash: "0".repeat(64) } }))
        expect(gone).toMatchObject({ reason: "Checkpoint", message: expect.stringContaining("gone") })

        const accepted = yield* train(assign({}, { resume: foreign, acceptOtherNumerics: true }))
        expect(only(accepted, "Started")[0]).toMatchObject({ tokens: 320, resumedFrom: { numericsId: "other" } })
      }),
    ))
})

it("a device that lacks an operation is refused when the model needs it", async () => {
  const device = referenceDevice({ operations: opKinds.filter((kind) => kind !== "rotary") })
  const rope = assign({ model: { ...model, positions: "rope" } })
  const error = await run(refusal(rope), { device })
  expect(error).toMatchObject({ reason: "Unsupported", field: "model" })
  expect(error.message).toContain("rotary")
  await run(train(assign()), { device })
})

it("a device that fails halfway through a chunk leaves no checkpoint of what it may have done", async () => {
  const reference = referenceDevice()
  // One call that clears, then four sequences a step: this is the call that ends the second step.
  let left = 8
  const device = {
    ...reference,
    compile: async (...args: Parameters<typeof reference.compile>) => {
      const executable = await reference.compile(...args)
      return {
        ...executable,
        run: async (...calls: Parameters<typeof executable.run>) => {
          const results = await executable.run(...calls)
          if (left-- === 0) throw new Error("the cable came loose after the steps were done")
          return results
        },
      }
    },
  }
  const whole = assign({}, { logEvery: 32 })
  const hash = await run(Effect.andThen(train(whole), lastHash(whole)))
  await run(
    Effect.gen(function* () {
      expect(yield* refusal(whole)).toMatchObject({ reason: "Device", retryable: true })
      const again = yield* train(whole)
      expect(only(again, "Started")).toMatchObject([{ tokens: 0 }])
      expect(yield* lastHash(whole)).toBe(hash)
    }),
    { device, chunkMillis: 0.001 },
  )
})

it("a device that fails while training is an error that may be tried again, and its executable is not used again", async () => {
  const reference = referenceDevice()
  let [compiled, disposed, left] = [0, 0, 3]
  const device = {
    ...reference,
    compile: async (...args: Parameters<typeof reference.compile>) => {
      const executable = await reference.compile(...args)
      compiled++
      return {
        ...executable,
        run: async (...calls: Parameters<typeof executable.run>) => {
          if (left-- === 0) throw new Error("the fan has stopped")
          return executable.run(...calls)
        },
        dispose: () => {
          disposed++
          // A broken device may not even let go; its failure is told all the same.
          return disposed === 1 ? Promise.reject(new Error("lost")) : executable.dispose()
        },
      }
    },
  }
  await run(
    Effect.gen(function* () {
      const error = yield* refusal(assign())
      expect(error).toMatchObject({ reason: "Device", retryable: true })
      expect(error.message).toContain("the fan has stopped")
      expect([compiled, disposed]).toEqual([1, 1])
      expect(only(yield* train(assign()), "Finished")).toHaveLength(1)
      // The next bundle of this shape finds the second executable idle.
      yield* train(assign({ seed: 2 }))
      expect(compiled).toBe(2)
    }),
    { device, chunkMillis: 0.001, microBatchTokens: 8 },
  )
  expect(disposed).toBe(2)
})
