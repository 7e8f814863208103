import { assert, it } from "@effect/vitest"
import { Store, Sweep } from "@ts/sweep"
import { Effect, Random, Stream } from "effect"
import { journal, kept, on, series, sweepOn } from "./harness.ts"
import { withFields } from "./study.ts"

const study = withFields({ averages: [0.9], eta: [0.01, 4] })
const ROUNDS = 25
/** A failure can be replayed: INTERRUPT_SEED=... */
const seed = process.env["INTERRUPT_SEED"] ?? String(Date.now() % 1_000_000)

it.effect("stopped after any event, any number of times, a sweep ends with the same series", () =>
  Effect.gen(function* () {
    console.log(`INTERRUPT_SEED=${seed}`)
    const truth = yield* Effect.provide(Effect.andThen(sweepOn({}, study), series(study)), kept, { local: true })
    assert.strictEqual(truth.length, 12 * 4)
    for (let round = 0; round < ROUNDS; round++) {
      const lanes = 1 + (round % 3)
      const stops = yield* Effect.gen(function* () {
        const acknowledged = new Set<string>()
        for (let stop = 0; ; stop++) {
          const plan = yield* Sweep.plan(study)
          if (plan.runs.length === 0) return { stop, acknowledged }
          // This backend trains ahead of what is told, so a checkpoint may lie past a reading that nobody heard, and the run starts
          // over: stops that come ever later make sure that it ends.
          const count = yield* Random.nextIntBetween(1, 120 + 20 * stop)
          yield* Sweep.run(plan).pipe(
            Stream.take(count),
            Stream.runForEach((event) =>
              Effect.sync(() => {
                if (event._tag !== "Journalled" || event.entry.event._tag !== "Evaluated") return
                const { runId, requested, average } = event.entry.event
                acknowledged.add(`${runId} ${requested} ${average}`)
              }),
            ),
          )
          const rows = yield* Store.rows(study)
          const there = new Set(rows.map((row) => `${row.runId} ${row.tokens} ${row.average}`))
          for (const key of acknowledged) assert.isTrue(there.has(key), `${key} was told and is gone`)
          assert.isUndefined(yield* Store.use((store) => store.driver))
        }
      }).pipe(
        (body) => on({ capabilities: { maxLanes: lanes }, checkpointEvery: 256 }, body),
        Effect.tap(() =>
          Effect.flatMap(series(study), (found) => Effect.sync(() => assert.deepStrictEqual(found, truth))),
        ),
        Effect.tap(() =>
          Effect.map(journal, (entries) =>
            assert.isFalse(entries.some(({ event }) => event._tag === "Inconsistent" || event._tag === "GivenUp")),
          ),
        ),
        Effect.provide(kept, { local: true }),
      )
      assert.isAbove(stops.stop, 1)
    }
  }).pipe(Random.withSeed(seed)),
)
