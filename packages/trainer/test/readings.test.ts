/** What is read off a run, against closed forms and independent arithmetic. */
import { averageName, parameterCount } from "@ts/backend"
import { DataSource } from "@ts/data"
import { laneScalars, mpt, parametrise, training } from "@ts/model"
import { gradientOf, referenceDevice } from "@ts/program"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { assign, checkpoints, losses, only, run, train } from "./study.ts"

const norm2 = (values: Iterable<number>) => [...values].reduce((sum, x) => sum + x * x, 0)

describe("training", () => {
  it("follows the schedules: rates at the end of each step, batches by tokens consumed", async () => {
    const assignment = assign(
      {
        eta: 0.01,
        schedule: { kind: "warmup_stable_decay", warmup: 128, decayStart: 256, horizon: 512 },
        batch: {
          kind: "steps",
          pieces: [
            { from: 0, tokens: 32 },
            { from: 100, tokens: 64 },
          ],
        },
      },
      { until: 512, logEvery: 1 },
    )
    const steps = only(await run(train(assignment)), "Stepped")
    expect(steps.map(({ tokens, step, eta }) => [step, tokens, Number((100 * eta).toFixed(12))])).toEqual([
      [1, 32, 0.25],
      [2, 64, 0.5],
      [3, 96, 0.75],
      [4, 128, 1],
      [5, 192, 1],
      [6, 256, 1],
      [7, 320, 0.75],
      [8, 384, 0.5],
      [9, 448, 0.25],
      [10, 512, 0],
    ])
  })

  it("tells a run's story in order", async () => {
    const assignment = assign(
      {},
      {
        until: 100,
        evaluateAt: [33, 96, 128, 64].filter((tokens) => tokens <= 100),
        checkpointAt: [64],
        averages: [0.5],
        noiseScale: { small: 8, big: 16, samples: 1 },
        logEvery: 50,
      },
    )
    const events = await run(train(assignment))
    const story = events.map(
      (event) => `${event._tag} ${event.tokens}${"requested" in event ? ` for ${event.requested}` : ""}`,
    )
    expect(story).toEqual([
      "Started 0",
      "Stepped 64",
      ...["Evaluated", "Evaluated", "NoiseScaleMeasured"].map((tag) => `${tag} 64 for 33`),
      ...["Evaluated", "Evaluated", "NoiseScaleMeasured"].map((tag) => `${tag} 64 for 64`),
      "Checkpointed 64",
      ...["Evaluated", "Evaluated", "NoiseScaleMeasured"].map((tag) => `${tag} 96 for 96`),
      "Stepped 128",
      "Checkpointed 128",
      "Finished 128",
    ])
  })

  it("learns: the validation loss falls well below that of a uniform guess", async () => {
    const assignment = assign({ eta: 0.02 }, { until: 8192, evaluateAt: [32, 8192] })
    const [first, last] = only(await run(train(assignment)), "Evaluated")
    expect(first!.loss).toBeGreaterThan(2.6)
    expect(last!.loss).toBeLessThan(first!.loss - 0.3)
  })
})

describe("weight averages", () => {
  it("are sum (1 - d) d^(t - k) w_k / (1 - d^t), and are read as such", async () => {
    const decay = 0.8
    const every = Array.from({ length: 6 }, (_, i) => 32 * (i + 1))
    const assignment = assign({}, { until: 192, checkpointAt: every, averages: [decay], evaluateAt: [32, 192] })
    await run(
      Effect.gen(function* () {
        const events = yield* train(assignment)
        const kept = yield* checkpoints(assignment)
        expect(kept.map(({ tokens }) => tokens)).toEqual(every)
        const last = kept.at(-1)!
        for (const name of ["transformer.wte.weight", "transformer.blocks.0.ffn.up_proj.bias"]) {
          const stored = last.tensors.get(`average:${averageName(decay)}:${name}`)!.values
          for (const i of [0, 3, 7]) {
            const expected = kept.reduce((sum, { tensors }, k) => {
              return sum + (1 - decay) * decay ** (kept.length - 1 - k) * tensors.get(name)!.values[i]!
            }, 0)
            expect(stored[i]).toBeCloseTo(expected, 14)
          }
        }
        const at = (tokens: number, average: string) =>
          only(events, "Evaluated").find((e) => e.tokens === tokens && e.average === average)!.loss
        // After one step the corrected average is the weights themselves.
        expect(at(32, averageName(decay))).toBeCloseTo(at(32, "none"), 12)
        expect(at(192, averageName(decay))).not.toBeCloseTo(at(192, "none"), 6)
      }),
    )
  })
})

describe("gradient norms for the noise scale", () => {
  const sizes = { small: 8, big: 32, samples: 1 }
  it("are those of the tokens that follow, and leave the run as it was", async () => {
    const plain = assign({}, { logEvery: 32, checkpointAt: [320] })
    const probed = { ...plain, evaluateAt: [320], noiseScale: sizes }
    await run(
      Effect.gen(function* () {
        const measured = yield* train(probed)
        const { squaredNormBig, squaredNormSmall } = only(measured, "NoiseScaleMeasured")[0]!
        const checkpoint = (yield* checkpoints(plain)).find(({ tokens }) => tokens === 320)!

        // The next step's gradient norm is that of the same 32 tokens.
        const next = only(measured, "Stepped").find(({ tokens }) => tokens === 352)!
        expect(squaredNormBig / next.gradientNorm ** 2).toBeCloseTo(1, 12)
        expect(losses(measured)).toEqual(losses(yield* train({ ...plain, evaluateAt: [32] })))

        // One sequence at a time, by hand.
        const { spec } = plain
        const model = mpt(spec.model)
        const program = training(model, "adamw")
        const corpus = yield* DataSource.use((data) => data.open(spec.data, { tokens: 640, seqLen: 8 })).pipe(
          Effect.provide(DataSource.layer()),
        )
        const squares = yield* Effect.promise(async () => {
          const executable = await referenceDevice().compile(program, { lanes: 1, microBatch: 1 })
          executable.scalars(0, laneScalars(parametrise(spec.model, spec.parametrisation), spec.optimizer))
          for (const { name } of model.parameters) {
            await executable.write(0, name, checkpoint.tensors.get(name)!.values)
          }
          let sum = 0
          for (let i = 0; i < 4; i++) {
            const tokens = [Int32Array.from(corpus.read(320 + 8 * i, 9))]
            await executable.run([{ program: "grad", sequences: 1, tokens }])
            for (const { name } of model.parameters) sum += norm2(await executable.read(0, gradientOf(name))) / 64
            await executable.run([{ program: "measure" }])
          }
          return sum / 4
        })
        expect(squaredNormSmall / squares).toBeCloseTo(1, 12)
      }),
    )
  })

  it("obey E|g_B|^2 = |G|^2 + trace / B: two pairs of sizes agree on the trace", async () => {
    const trace = async (small: number, big: number) => {
      const probed = assign({}, { until: 32, evaluateAt: [32], noiseScale: { small, big, samples: 2048 / big } })
      const [found] = only(await run(train(probed)), "NoiseScaleMeasured")
      return (found!.squaredNormSmall - found!.squaredNormBig) / (1 / small - 1 / big)
    }
    const [a, b] = [await trace(8, 32), await trace(16, 64)]
    expect(a).toBeGreaterThan(0)
    expect(Math.abs(a / b - 1)).toBeLessThan(0.25)
  })
})

describe("divergence", () => {
  it("ends a lane at its step with a reason, wherever chunks end, and leaves the others alone", async () => {
    const wild = assign({ eta: 1e200 }, { logEvery: 32 })
    const sane = assign({}, { logEvery: 32, evaluateAt: [640] })
    const alone = await run(train(sane))
    const ends = new Set<string>()
    for (const chunkMillis of [0.001, 1000]) {
      const events = await run(train(wild, sane), { chunkMillis })
      const [diverged, ...more] = only(events, "Diverged", wild)
      expect(more).toEqual([])
      expect(only(events, "Finished", wild)).toEqual([])
      expect(diverged!.reason).toMatch(/loss|norm/)
      ends.add(`${diverged!.tokens} ${diverged!.reason} ${JSON.stringify(losses(events, wild))}`)
      expect(losses(events, sane)).toEqual(losses(alone))
      expect(only(events, "Evaluated", sane)).toEqual(only(alone, "Evaluated"))
      expect(only(events, "Finished", sane)).toHaveLength(1)
    }
    expect(ends.size).toBe(1)
  })

  it("sees a loss that is finite but far above its start, and again at the same place after an extension", async () => {
    const wild = assign({ eta: 30, schedule: { kind: "constant" } }, { until: 3200 })
    const [found] = only(await run(train(wild)), "Diverged")
    expect(found!.reason).toMatch(/averages .* nats, more than 2 above its start/)
    expect(found!.tokens).toBeGreaterThanOrEqual(640)
    await run(
      Effect.gen(function* () {
        yield* train({ ...wild, until: 320 })
        const events = yield* train(wild)
        expect(only(events, "Started")).toMatchObject([{ tokens: 320 }])
        expect(only(events, "Diverged")).toEqual([found])
      }),
    )
  })
})

it("counts as many parameters as the arithmetic of the shape says", () => {
  const base = assign().spec.model
  const sizes = [
    { ...base, d_model: 32, n_layers: 3 },
    { ...base, no_bias: true, qk_ln: true, positions: "rope" as const },
    { ...base, tie_word_embeddings: false, positions: "learned" as const, qk_ln: true, expansion_ratio: 2.5 },
    { ...base, d_model: 1024, n_layers: 24, n_heads: 16, vocab_size: 50257, max_seq_len: 1024 },
  ]
  for (const size of sizes) {
    const { parameters } = mpt(size)
    const count = parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
    expect(count).toBe(parameterCount(size))
  }
})
