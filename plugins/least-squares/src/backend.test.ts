import {
  type Assignment,
  Backend,
  CheckpointStore,
  type EvaluationNoise,
  memoryCheckpoints,
  type RunEvent,
  type RunSpecInput,
  runId,
} from "@ts/backend"
import { fixtureSpec, fixtureStudy, readings, suite, train } from "@ts/backend-conformance"
import { Effect, Fiber, type Layer, Stream } from "effect"
import { describe, expect, it } from "vitest"
import { sampled } from "../test/sampled.ts"
import type { Average } from "./average.ts"
import { defaultProblem, LeastSquaresBackend } from "./backend.ts"
import { descent } from "./descent.ts"
import { ProblemError } from "./problem.ts"

const sgd: RunSpecInput["optimizer"] = { kind: "sgd", momentum: 0, clip: null, decay: "independent" }
const small = { ...defaultProblem, modes: 500 }
const averages: ReadonlyArray<Average> = ["last", "uniform", { tail: 0.5 }, { decay: 0.9 }]

for (const average of averages)
  suite(`least squares, ${JSON.stringify(average)}`, LeastSquaresBackend.layerWith(small, { average }), {
    spec: { optimizer: sgd },
  })

/** Runs one after the other on one store. */
const runs = (layer: Layer.Layer<Backend>, ...assignments: ReadonlyArray<Assignment>) =>
  Effect.runPromise(
    Effect.provide(
      Effect.forEach(assignments, (assignment) => train(assignment)),
      [layer, memoryCheckpoints],
    ),
  )

const lossesOf = (events: ReadonlyArray<RunEvent>) =>
  events.flatMap((event) => (event._tag === "Evaluated" ? [event.loss] : []))

describe("LeastSquaresBackend", () => {
  const study = fixtureStudy({ optimizer: sgd, model: { ...fixtureSpec.model, max_seq_len: 1 } })

  it("reports the exact loss of the run it was asked for, by kind of average", async () => {
    const problem = { ...defaultProblem, modes: 50 }
    const assignment = fixtureStudy({ optimizer: sgd }).assignment(
      { schedule: { kind: "constant" }, eta: 0.5 },
      { evaluateAt: [2048], averages: [0.9] },
    )
    const exact = descent(problem)
    const [uniform, exponential] = [exact.average(), exact.average(0.9)]
    const tails = [0.5, 0.25].map((tail) => {
      exact.advance([{ steps: 32 * (1 - tail) - exact.steps(), gamma: 0.5, batch: 64 }])
      return exact.average()
    })
    exact.advance([{ steps: 8, gamma: 0.5, batch: 64 }])
    const expected = [exact.risk, uniform, ...tails, exponential].map((risk) => risk())
    for (const [i, average] of (
      ["last", "uniform", { tail: 0.5 }, { tail: 0.25 }, { decay: 0.9 }] as const
    ).entries()) {
      const [events] = await runs(LeastSquaresBackend.layerWith(problem, { average }), assignment)
      const [none, beside] = lossesOf(events!)
      expect(none).toBeCloseTo((1 + expected[i]!) / 2, 14)
      expect(beside).toBeCloseTo((1 + exponential()) / 2, 14)
      expect(readings(events!, assignment).map((line) => line.replace(/: .*/, ""))).toEqual([
        "2048 @2048 step 32 none",
        "2048 @2048 step 32 ewa:0.9",
      ])
    }
  })

  it("has the risks of sampled descent for a branch with a decayed step and a larger batch", async () => {
    const problem = { a: 1.5, b: 2.5, modes: 6, sigma: 0.3, signal: 1 }
    const batch = (tokens: number) => ({ kind: "constant" as const, tokens })
    const trunk = study.assignment(
      { schedule: { kind: "constant" }, eta: 0.8, batch: batch(2) },
      {
        until: 40,
        evaluateAt: [40],
        checkpointAt: [40],
        averages: [0.8],
      },
    )
    const branch = study.assignment(
      {
        eta: 0.8,
        batch: batch(8),
        schedule: { kind: "warmup_stable_decay", warmup: 0, decayStart: 56, horizon: 168, minRatio: 0.1 },
        origin: { parent: runId(trunk.spec), at: 40 },
      },
      { until: 168, evaluateAt: [168], averages: [0.8] },
    )
    // 20 steps of two samples, then 16 of eight: two at the full step, the others down to a tenth of it. Half of 168 samples is step 26.
    const segments = [
      { steps: 20, gamma: 0.8, batch: 2 },
      { steps: 2, gamma: 0.8, batch: 8 },
      ...Array.from({ length: 14 }, (_, t) => ({ steps: 1, gamma: 0.8 * (1 - (0.9 * (t + 1)) / 14), batch: 8 })),
    ]
    const found = sampled(problem, segments, [{ from: 0 }, { from: 26 }, { from: 0, decay: 0.8 }], 20_000)
    for (const [i, average] of (["last", "uniform", { tail: 0.5 }, { decay: 0.8 }] as const).entries()) {
      const [, events] = await runs(LeastSquaresBackend.layerWith(problem, { average }), trunk, branch)
      expect(events!.at(-1)).toMatchObject({ _tag: "Finished", tokens: 168, step: 36 })
      const risks = lossesOf(events!).map((loss) => 2 * loss - 0.3 ** 2)
      for (const [risk, { mean, error }] of [
        [risks[0]!, found[i]!],
        [risks[1]!, found[3]!],
      ] as const) {
        expect(error / mean).toBeLessThan(0.02)
        expect(Math.abs(risk - mean) / error).toBeLessThan(3)
      }
    }
  })

  it("takes branches of branches, whose trunk may be gone", async () => {
    const trunk = study.assignment({}, { until: 512, evaluateAt: [512], checkpointAt: [512] })
    const middle = study.assignment(
      { eta: 2 ** -6, origin: { parent: runId(trunk.spec), at: 512 } },
      { until: 1024, evaluateAt: [1024], checkpointAt: [1024] },
    )
    const last = study.assignment(
      { eta: 2 ** -5, origin: { parent: runId(middle.spec), at: 1024 } },
      { until: 2048, evaluateAt: [2048] },
    )
    const exact = descent(small)
    const uniform = exact.average()
    const warm = [{ steps: 1, gamma: 2 ** -8, batch: 64 }]
    exact.advance([...warm, ...[7, 8, 16].map((steps, i) => ({ steps, gamma: 2 ** (i - 7), batch: 64 }))])
    const layer = LeastSquaresBackend.layerWith(small, { average: "uniform" })
    const [, , events] = await runs(layer, trunk, middle, last)
    expect(events![0]).toMatchObject({ _tag: "Started", tokens: 1024 })
    expect(lossesOf(events!)[0]).toBeCloseTo((1 + uniform()) / 2, 13)
  })

  it("refuses branches of runs that are not there, and checkpoints that are not its own", async () => {
    const trunk = study.assignment()
    const branch = study.assignment({ origin: { parent: runId(trunk.spec), at: 1024 } }, { evaluateAt: [2048] })
    const [missing, foreign] = await Effect.runPromise(
      Effect.gen(function* () {
        const { numerics } = (yield* Backend).capabilities
        const missing = yield* Effect.flip(train(branch))
        const checkpoint = { tokens: 1024, step: 16, averages: [], metadata: {}, tensors: new Map() }
        const whose = { runId: runId(trunk.spec), numericsId: numerics["f32"]! }
        yield* CheckpointStore.use((store) => store.put({ ...whose, ...checkpoint }, { rolling: false }))
        return [missing, yield* Effect.flip(train(branch))]
      }).pipe(Effect.provide([LeastSquaresBackend.layerWith(small), memoryCheckpoints])),
    )
    expect(missing).toMatchObject({ reason: "Checkpoint", field: "origin", retryable: false })
    expect(missing!.message).toMatch(/has no checkpoint at 1024 tokens/)
    expect(foreign).toMatchObject({ reason: "Checkpoint", field: "origin", retryable: false })
    expect(foreign!.message).toMatch(/was not made by least-squares; remove it/)
  })

  it("draws noise of which runs share the part of their trunk", async () => {
    const noise: EvaluationNoise = { deviation: 0.01, shared: 0.5, seed: 2 }
    const few = { ...small, modes: 20 }
    const pairs = await Promise.all(
      Array.from({ length: 500 }, async (_, seed) => {
        const trunk = study.assignment({ seed }, { evaluateAt: [1024, 2048], checkpointAt: [1024] })
        const branch = study.assignment(
          { seed, eta: 2 ** -6, origin: { parent: runId(trunk.spec), at: 1024 } },
          { evaluateAt: [2048] },
        )
        const [exact, noisy] = await Promise.all(
          [LeastSquaresBackend.layerWith(few), LeastSquaresBackend.layerWith(few, { noise })].map((layer) =>
            runs(layer, trunk, branch),
          ),
        )
        const loss = (events: ReadonlyArray<ReadonlyArray<RunEvent>>) => events.flatMap(lossesOf)
        return loss(noisy!).map((value, i) => value - loss(exact!)[i]!)
      }),
    )
    // Four standard errors of a (co)variance from 500 draws are at most 25 %.
    const covariance = (i: number, j: number) => pairs.reduce((sum, e) => sum + e[i]! * e[j]!, 0) / 500 / 0.01 ** 2
    for (const i of [0, 1, 2]) expect(Math.abs(covariance(i, i) - 1)).toBeLessThan(0.25)
    for (const j of [1, 2]) expect(Math.abs(covariance(0, j) - 0.5)).toBeLessThan(0.21)
  })

  it("names its numbers by problem, average and noise", () => {
    const ids = [
      LeastSquaresBackend.layerWith(small),
      LeastSquaresBackend.layerWith(small, { average: "uniform" }),
      LeastSquaresBackend.layerWith(small, { noise: { deviation: 0.1, shared: 0, seed: 1 } }),
      LeastSquaresBackend.layerWith({ ...small, b: 3 }),
    ].map((layer) =>
      Effect.runSync(
        Backend.use(({ capabilities }) => Effect.succeed(capabilities.numerics["f64"])).pipe(Effect.provide(layer)),
      ),
    )
    expect(new Set(ids).size).toBe(4)
  })

  it("stops when it is interrupted, and leaves a checkpoint", async () => {
    // A decay of 2^20 steps takes long; each of its readings is told before the next is computed.
    const long = study.assignment(
      { schedule: { kind: "cosine", warmup: 0, horizon: 2 ** 26 }, batch: { kind: "constant", tokens: 64 } },
      { until: 2 ** 26, evaluateAt: Array.from({ length: 4096 }, (_, i) => (i + 1) * 2 ** 14) },
    )
    const { told, kept } = await Effect.runPromise(
      Effect.gen(function* () {
        const backend = yield* Backend
        let told = 0
        const fiber = yield* Effect.forkChild(
          Stream.runForEach(backend.train([long]), () => Effect.sync(() => void told++)),
        )
        while (told < 2) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        const store = yield* CheckpointStore
        const [kept] = yield* store.list(runId(long.spec), backend.capabilities.numerics["f32"]!)
        return { told, kept }
      }).pipe(Effect.provide([LeastSquaresBackend.layer, memoryCheckpoints])),
    )
    expect(told).toBeLessThan(4097)
    expect(kept?.tokens).toBe((told - 1) * 2 ** 14)
  })

  it("refuses Adam, naming the optimiser it solves", async () => {
    const error = await Effect.runPromise(
      Backend.use((backend) => Effect.flip(backend.prepare([fixtureStudy().assignment()]))).pipe(
        Effect.provide(LeastSquaresBackend.layer),
      ),
    )
    expect(error).toMatchObject({ reason: "Unsupported", field: "optimizer" })
    expect(error.message).toMatch(/plain SGD only, not adamw/)
  })

  it("refuses averages that are none", () => {
    expect(() => LeastSquaresBackend.layerWith(small, { average: { tail: 0 } })).toThrow(ProblemError)
    expect(() => LeastSquaresBackend.layerWith(small, { average: { decay: 1 } })).toThrow(/average.decay is 1/)
    expect(() => LeastSquaresBackend.layerWith(small, { average: "tail" as "last" })).toThrow(/average is tail/)
  })

  it("calls an unstable step a divergence", async () => {
    const [events] = await runs(LeastSquaresBackend.layer, fixtureStudy({ optimizer: sgd }).assignment({ eta: 50 }))
    expect(events!.at(-1)).toMatchObject({ _tag: "Diverged" })
  })
})
