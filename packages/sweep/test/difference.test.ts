/** Exactly what is missing is trained, whatever the reason why it is. */
import { assert, it } from "@effect/vitest"
import { Store, Study, Sweep } from "@ts/sweep"
import { Effect } from "effect"
import { journal, kept, on, series, sweepOn } from "./harness.ts"
import { small, withFields } from "./study.ts"

it.effect(
  "one result taken back trains that run alone, for every run and horizon of a study, to the same numbers",
  () =>
    Effect.gen(function* () {
      yield* sweepOn({}, small)
      const truth = yield* series(small)
      for (const { runId, tokens } of yield* Store.rows(small)) {
        yield* Store.remove({ runId, requested: tokens })
        const { plan, seen, summary } = yield* sweepOn({}, small)
        assert.deepStrictEqual(
          plan.runs.map((run) => [run.runId, run.work.assignment.evaluateAt]),
          [[runId, [tokens]]],
        )
        assert.deepStrictEqual([...new Set(seen.starts.map((start) => start.runId))], [runId])
        assert.deepInclude(summary, { finished: 1, inconsistent: 0 })
        assert.deepStrictEqual(yield* series(small), truth)
      }
    }).pipe(Effect.provide(kept)),
)

it.effect("a divergence taken back at one of its horizons is measured again", () =>
  Effect.gen(function* () {
    const study = withFields({ eta: [0.01, 4], seeds: 1, batch: 64, horizon: [256, 1024, 2048] })
    yield* sweepOn({}, study)
    const truth = yield* series(study)
    const [bad] = (yield* Study.expand(study)).runs.filter(({ spec }) => spec.eta === 4)
    for (const requested of [256, 1024, 2048]) {
      yield* Store.remove({ runId: bad.runId, requested })
      const { plan, summary } = yield* sweepOn({}, study)
      assert.deepStrictEqual(
        plan.runs.map(({ runId }) => runId),
        [bad.runId],
      )
      assert.deepInclude(summary, { finished: 0, diverged: 1, tokens: requested === 256 ? 256 : 512 })
      assert.deepStrictEqual(yield* series(study), truth)
      yield* Store.use((store) => store.rebuild)
      assert.strictEqual((yield* on({}, Sweep.plan(study))).runs.length, 0)
    }
  }).pipe(Effect.provide(kept)),
)

it.effect("what is asked of a run is journalled once", () =>
  Effect.gen(function* () {
    const asked = Effect.map(journal, (entries) => entries.filter(({ event }) => event._tag === "RunPlanned").length)
    for (let i = 0; i < 3; i++) yield* sweepOn({}, small, { budget: { tokens: 2048 * (i + 1) } })
    assert.strictEqual(yield* asked, 12)
    yield* sweepOn({}, withFields({ horizon: [1024, 2048, 4096] }))
    assert.strictEqual(yield* asked, 24)
  }).pipe(Effect.provide(kept)),
)
