/** Stages, branches, clearing and budgets under interruption at any event: always the same numbers, nothing given up. */
import { assert, it } from "@effect/vitest"
import { CheckpointStore, runId as idOf } from "@ts/backend"
import { Store, Study, Sweep } from "@ts/sweep"
import { Effect, Random, Stream } from "effect"
import { journal, kept, on, series, sweepOn } from "./harness.ts"
import { withFields } from "./study.ts"

const ROUNDS = 20
/** A failure can be replayed: INTERRUPT_SEED=... */
const seed = process.env["INTERRUPT_SEED"] ?? String(Date.now() % 1_000_000)

const trunks = withFields({ batch: [64, 128], eta: [0.01, 4], seeds: 1, horizon: [256, 512, 1024], averages: [0.9] })

/** Every trunk with a branch of twice the batch at 256, one at 512, and a branch of that. */
const study = Effect.gen(function* () {
  const { runs } = yield* Study.expand(trunks)
  const asked = (spec: (typeof runs)[number]["spec"], horizons: ReadonlyArray<number>) => ({
    spec,
    horizons,
    averages: [0.9],
  })
  return Study.make({
    name: "small",
    runs: runs.flatMap(({ spec, runId, horizons }) => {
      const tokens = spec.batch.kind === "constant" ? 2 * spec.batch.tokens : 0
      const batch = { kind: "constant" as const, tokens }
      const [early, late] = [256, 512].map((at) => ({ ...spec, batch, origin: { parent: runId, at } }))
      const twig = { ...early!, eta: spec.eta / 2, origin: { parent: idOf(early!), at: 512 } }
      return [asked(spec, horizons), asked(early!, [512, 1024]), asked(late!, [1024]), asked(twig, [1024])]
    }),
  })
})

it.effect("stopped after any event, any number of times, a staged sweep with branches ends with the same series", () =>
  Effect.gen(function* () {
    console.log(`INTERRUPT_SEED=${seed}`)
    const whole = yield* study
    const once = Effect.andThen(sweepOn({}, whole), series(whole))
    const truth = yield* Effect.provide(once, kept, { local: true })
    assert.isAbove(truth.length, 40)
    for (let round = 0; round < ROUNDS; round++) {
      const backend = { capabilities: { maxLanes: 1 + (round % 3) }, checkpointEvery: 128, readsAtStart: round % 5 > 0 }
      yield* Effect.gen(function* () {
        for (let stop = 0; ; stop++) {
          const plan = yield* Sweep.plan(whole)
          if (plan.runs.length === 0) return
          const count = yield* Random.nextIntBetween(1, 200 + 40 * stop)
          const options = { stageSeconds: round % 2, ...(stop % 3 === 1 ? { budget: { tokens: 4096 } } : {}) }
          yield* Stream.runDrain(Stream.take(Sweep.run(plan, options), count))
          assert.isUndefined(yield* Store.use((store) => store.driver))
        }
      }).pipe(
        (body) => on(backend, body),
        Effect.andThen(
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* series(whole), truth)
            const tags = (yield* journal).map(({ event }) => event._tag)
            assert.notInclude(tags, "Inconsistent")
            assert.notInclude(tags, "GivenUp")
            // One more sweep, which trains nothing, leaves nothing that nothing needs.
            yield* on(
              backend,
              Effect.flatMap(Sweep.plan(whole), (plan) => Stream.runDrain(Sweep.run(plan))),
            )
            const checkpoints = yield* CheckpointStore
            for (const { runId, spec } of (yield* Study.expand(whole)).runs) {
              const left = yield* checkpoints.list(runId, "chain-v1")
              assert.strictEqual(left.length, spec.eta > 1 ? 0 : 1, `${runId} ${left.map(({ tokens }) => tokens)}`)
            }
          }),
        ),
        Effect.provide(kept, { local: true }),
      )
    }
  }).pipe(Random.withSeed(seed)),
)
