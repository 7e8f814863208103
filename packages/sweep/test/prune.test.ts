/** Pruning on losses whose law is known: a profile in the learning rate whose optimum falls as the horizon grows. */
import { assert, describe, it } from "@effect/vitest"
import {
  Backend,
  BackendError,
  type Capabilities,
  CheckpointStore,
  type RunEvent,
  type RunSpec,
  runId,
} from "@ts/backend"
import { type Contender, hopeless, Store, Study, Sweep } from "@ts/sweep"
import { Effect, Layer, Stream } from "effect"
import { journal, kept, sweep } from "./harness.ts"
import { withFields } from "./study.ts"

const HORIZONS = [2 ** 10, 2 ** 11, 2 ** 12, 2 ** 13, 2 ** 14, 2 ** 15]
const best = (tokens: number, exponent: number) => 2 ** -8 * (tokens / 2 ** 10) ** -exponent

/** Nats: a floor, and a profile steeper above the optimum than below; 0.003 nats of noise that depends on run and horizon alone. */
const lossAt = ({ eta, seed }: RunSpec, tokens: number, exponent: number): number => {
  const x = Math.log2(eta / best(tokens, exponent))
  const noise = 0.003 * Math.sqrt(12) * (((Math.sin(seed * 12.9898 + eta * 1e5 + tokens) * 43758.5453) % 1) / 2)
  return 3 + 10 / Math.sqrt(tokens) + 0.02 * x * x + (x > 0 ? 0.01 * x ** 3 : 0) + noise
}

const capabilities: Capabilities = {
  ...{ backend: "law", device: "test", numerics: { f32: "law-v1" }, maxLanes: 4, concurrency: 2 },
  ...{ deterministic: true, branching: false, checkpoints: true, averages: false, noiseScale: false },
  ...{ synthetic: true, maxima: {}, flopsPerSecond: 1e9 },
}

/** Goes on from an empty checkpoint, since the loss is a function of position. */
const lawBackend = (exponent: number) =>
  Layer.succeed(
    Backend,
    Backend.of({
      capabilities,
      prepare: () => Effect.succeed({ data: [] }),
      train: (bundle) =>
        Stream.unwrap(
          Effect.gen(function* () {
            const checkpoints = yield* CheckpointStore
            const events: Array<RunEvent> = []
            for (const { spec, evaluateAt, checkpointAt, until, resume } of bundle) {
              const at = { runId: runId(spec), numericsId: "law-v1", step: 1 }
              const from = resume?.tokens ?? 0
              events.push({ _tag: "Started", ...at, tokens: from, synthetic: true })
              for (const tokens of evaluateAt) {
                if (tokens <= from) return yield* new BackendError(late)
                const loss = lossAt(spec, tokens, exponent)
                const read = { requested: tokens, average: "none", evaluation: "law" }
                events.push({ _tag: "Evaluated", ...at, ...read, tokens, loss })
              }
              const held = { averages: [], metadata: {}, tensors: new Map() }
              const checkpoint = yield* checkpoints.put(
                { ...at, ...held, tokens: until },
                { rolling: !checkpointAt.includes(until) },
              )
              events.push({ _tag: "Checkpointed", runId: at.runId, tokens: until, checkpoint })
              events.push({ _tag: "Finished", ...at, tokens: until })
            }
            return Stream.fromIterable(events)
          }),
        ),
    }),
  )
const late = { backend: "law", reason: "Checkpoint" as const, message: "past the reading", retryable: false }

const study = withFields({
  batch: [64, 128],
  seeds: [1, 2],
  horizon: HORIZONS,
  schedule: { kind: "constant" },
  eta: Array.from({ length: 21 }, (_, i) => 2 ** (-16 + 0.75 * i)),
})
const rowsOf = Effect.map(Store.rows(study), (rows) =>
  rows.map(({ runId, tokens, eta, loss }) => ({ key: `${runId} ${tokens} ${loss}`, tokens, eta })),
)

describe("pruning", () => {
  it.effect("leaves every reading within 2 octaves of an optimum that moves, and saves a third of the tokens", () =>
    Effect.gen(function* () {
      for (const exponent of [0, 0.3, 0.5]) {
        const full = yield* Effect.andThen(sweep(study), rowsOf).pipe(
          Effect.provide(lawBackend(exponent)),
          Effect.provide(kept, { local: true }),
        )
        yield* Effect.gen(function* () {
          const { summary, plan } = yield* sweep(study, { prune: hopeless(), stageSeconds: 0 })
          const found = new Set((yield* rowsOf).map(({ key }) => key))
          for (const { key, tokens, eta } of full) {
            if (Math.abs(Math.log2(eta / best(tokens, exponent))) <= 2) assert.isTrue(found.has(key), key)
          }
          assert.isAtLeast(summary.pruned, 4)
          assert.isBelow(summary.tokens, 0.7 * plan.cost.tokens)
          assert.strictEqual(summary.finished + summary.pruned, plan.runs.length)

          // What it did not read is answered, until somebody goes on.
          assert.strictEqual((yield* Sweep.plan(study)).runs.length, 0)
          const { counts, runs } = yield* Sweep.status(study)
          assert.strictEqual(counts.pruned, summary.pruned)
          assert.match(runs.find(({ standing }) => standing === "pruned")!.reason!, /octaves (above|below) the best/)
          const reasons = (yield* journal).flatMap(({ event }) => (event._tag === "Pruned" ? [event.reason] : []))
          assert.strictEqual(reasons.length, summary.pruned)
          yield* Store.use((store) => store.rebuild)
          assert.strictEqual((yield* Sweep.plan(study)).runs.length, 0)

          const again = yield* Sweep.plan(study, { pruned: true })
          assert.strictEqual(again.runs.length, summary.pruned)
          yield* Stream.runDrain(Sweep.run(again))
          assert.deepStrictEqual(new Set((yield* rowsOf).map(({ key }) => key)), new Set(full.map(({ key }) => key)))
          assert.strictEqual((yield* Sweep.status(study)).counts.complete, (yield* Study.expand(study)).runs.length)
        }).pipe(Effect.provide(lawBackend(exponent)), Effect.provide(kept, { local: true }))
      }
    }),
  )

  it.effect("is undone where an adaptive study asks for the reading", () =>
    Effect.gen(function* () {
      const fields = { batch: [16], seeds: [1], horizon: HORIZONS.slice(0, 3), schedule: { kind: "constant" } } as const
      const grid = withFields({ ...fields, eta: [2 ** -9, 2 ** -8.5, 2 ** -8] })
      const prune = ({ losses }: Contender) => (losses.size > 0 ? "on purpose" : undefined)
      const { summary } = yield* sweep(grid, { prune, stageSeconds: 0 })
      assert.strictEqual(summary.pruned, 3)
      assert.strictEqual((yield* Sweep.plan(grid)).runs.length, 0)
      const question = { eta: { tokens: 2 ** 16, batch: 16 }, within: 1e-6 }
      const adaptive = withFields({ ...fields, eta: 2 ** -8, adaptive: { question, budget: { tokens: 2 ** 16 } } })
      const rounds = yield* Sweep.adapt(adaptive).pipe(
        Stream.filter((event) => event._tag === "Round" || event._tag === "Adapted"),
        Stream.take(40),
        Stream.runCollect,
      )
      const last = rounds.at(-1)
      assert.strictEqual(last?._tag === "Adapted" ? last.ended : "goes round and round", "budget")
      assert.strictEqual((yield* Sweep.status(adaptive)).counts.pruned, 0)
    }).pipe(Effect.provide(lawBackend(0.3)), Effect.provide(kept)),
  )

  it.effect("judges by what earlier sweeps read, too", () =>
    Effect.gen(function* () {
      yield* sweep(withFields({ ...study, horizon: HORIZONS.slice(0, 3) }), { stageSeconds: 0 })
      const { summary, plan } = yield* sweep(study, { prune: hopeless(), stageSeconds: 0 })
      assert.isAtLeast(summary.pruned, 4)
      const reached = (yield* journal).flatMap(({ event }) => (event._tag === "Pruned" ? [event.tokens] : []))
      assert.include(reached, HORIZONS[2])
      assert.strictEqual(summary.finished + summary.pruned, plan.runs.length)
    }).pipe(Effect.provide(lawBackend(0.3)), Effect.provide(kept)),
  )

  it.effect("spares runs that branches wait for, until they have left", () =>
    Effect.gen(function* () {
      const trunks = (yield* Study.expand(study)).runs.filter(({ spec }) => spec.seed === 1)
      const runs = trunks.flatMap(({ spec, runId: parent, horizons }) => [
        { spec, horizons },
        { spec: { ...spec, origin: { parent, at: HORIZONS[4] } }, horizons: [HORIZONS[5]] },
      ])
      const able = Layer.effect(
        Backend,
        Effect.map(Backend, (backend) => ({ ...backend, capabilities: { ...capabilities, branching: true } })),
      ).pipe(Layer.provide(lawBackend(0.3)))
      const { summary } = yield* sweep(Study.make({ name: "small", runs }), {
        prune: hopeless(),
        stageSeconds: 0,
      }).pipe(Effect.provide(able))
      const pruned = (yield* journal).flatMap(({ event }) => (event._tag === "Pruned" ? [event.tokens] : []))
      assert.deepStrictEqual([...new Set(pruned)], [HORIZONS[4]])
      assert.deepStrictEqual(summary.failed, [])
    }).pipe(Effect.provide(kept)),
  )

  it.effect("a reading taken back from a pruned run is measured again, and one it never took, too", () =>
    Effect.gen(function* () {
      yield* sweep(study, { prune: hopeless(), stageSeconds: 0 })
      const { runs } = yield* Sweep.status(study)
      const { run, readings } = runs.find(({ standing }) => standing === "pruned")!
      for (const requested of [HORIZONS[readings - 1], HORIZONS[readings]]) {
        yield* Store.remove({ runId: run.runId, requested })
        const plan = yield* Sweep.plan(study)
        assert.deepStrictEqual(
          plan.runs.map(({ runId, work }) => [runId, work.assignment.evaluateAt[0]]),
          [[run.runId, requested]],
        )
        yield* Stream.runDrain(Sweep.run(plan))
        assert.strictEqual((yield* Sweep.plan(study)).runs.length, 0)
      }
    }).pipe(Effect.provide(lawBackend(0.3)), Effect.provide(kept)),
  )
})

describe("the policy", () => {
  const run = (eta: number, losses: ReadonlyArray<number>, average = "none"): Contender => ({
    ...{ runId: `${eta}`, eta, end: 2 ** 12 },
    losses: new Map([[average, new Map(losses.map((loss, i) => [2 ** (10 + i), loss]))]]),
  })
  const policy = hopeless()
  const [top, far] = [run(1, [3, 2.9]), run(8, [3.2, 3.1])]

  it("wants distance and a worse loss at both of the last two horizons", () => {
    assert.match(policy(far, [top, far])!, /^3.0 octaves above .* 0.200 nats worse at 2048 tokens/)
    assert.isUndefined(policy(top, [top, far]))
    assert.isUndefined(policy(run(4, [3.2, 3.1]), [top]))
    assert.isUndefined(policy(run(8, [3.2, 2.91]), [top]))
    assert.isUndefined(policy(run(8, [3.01, 3.1]), [top]))
    assert.isUndefined(policy(run(8, [3.2]), [top]))
    // Nothing at the second horizon to compare it with.
    assert.isUndefined(policy(far, [run(1, [3])]))
  })

  it("waits longer below the best rate, which comes down by up to half an octave for each octave of tokens", () => {
    assert.isUndefined(policy(run(2 ** -3, [3.2, 3.1]), [top]))
    assert.match(policy(run(2 ** -3.5, [3.2, 3.1]), [top])!, /3.5 octaves below/)
  })

  it("hears every average", () => {
    const averaged = (eta: number, raw: ReadonlyArray<number>, mean: ReadonlyArray<number>): Contender => ({
      ...run(eta, raw),
      losses: new Map([...run(eta, raw).losses, ...run(eta, mean, "ewa:0.9").losses]),
    })
    const cell = [averaged(1, [3, 2.9], [2.9, 2.8])]
    assert.isDefined(policy(averaged(8, [3.2, 3.1], [3.2, 3.1]), cell))
    assert.isUndefined(policy(averaged(8, [3.2, 3.1], [2.9, 2.8]), cell))
  })
})
