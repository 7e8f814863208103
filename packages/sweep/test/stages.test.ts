/** Short horizons first: what runs in which order, that the numbers are the same, and how far a budget gets. */
import { assert, describe, it } from "@effect/vitest"
import { BackendError, CheckpointStore } from "@ts/backend"
import { Store, Study, Sweep } from "@ts/sweep"
import { Effect } from "effect"
import { journal, kept, on, series, sweepOn } from "./harness.ts"
import { withFields } from "./study.ts"

const study = withFields({ batch: [64, 128], eta: [0.01, 0.02], seeds: 1, horizon: [256, 1024, 4096], averages: [0.9] })
const RUNS = 4
const staged = { stageSeconds: 0 }

/** Horizons in the order in which they were read. */
const order = Effect.map(journal, (entries) =>
  entries.flatMap(({ event }) => (event._tag === "Evaluated" && event.average === "none" ? [event.requested] : [])),
)

describe("stages", () => {
  it.effect("bring every run to a horizon before any goes on, to the same numbers", () =>
    Effect.gen(function* () {
      const whole = yield* Effect.provide(Effect.andThen(sweepOn({}, study), series(study)), kept, { local: true })
      for (const maxLanes of [1, 3]) {
        yield* Effect.gen(function* () {
          const { seen, summary } = yield* sweepOn({ capabilities: { maxLanes } }, study, staged)
          assert.deepInclude(summary, { finished: RUNS, failed: [], inconsistent: 0, tokens: RUNS * 4096 })
          assert.strictEqual(seen.tokens, RUNS * 4096)
          assert.deepStrictEqual(
            yield* order,
            [256, 1024, 4096].flatMap((horizon) => Array.from({ length: RUNS }, () => horizon)),
          )
          assert.deepStrictEqual(yield* series(study), whole)
          assert.strictEqual((yield* on({}, Sweep.plan(study))).runs.length, 0)
        }).pipe(Effect.provide(kept, { local: true }))
      }
      assert.strictEqual(whole.length, RUNS * 3 * 2)
    }),
  )

  it.effect("are as long as is worth a checkpoint: whole runs where all is done in a moment, the shortest first", () =>
    Effect.gen(function* () {
      const mixed = withFields({
        parts: [{ horizon: [4096] }, { horizon: [256, 1024], eta: 0.04 }],
        batch: 64,
        seeds: 1,
      })
      const { seen } = yield* sweepOn({ capabilities: { concurrency: 1 } }, mixed)
      assert.isTrue(seen.starts.every(({ from }) => from === 0))
      const short = (yield* Study.expand(mixed)).runs.filter(({ spec }) => spec.eta === 0.04)
      assert.deepStrictEqual(
        seen.starts.slice(0, short.length).map(({ runId }) => runId),
        short.map(({ runId }) => runId),
      )
    }).pipe(Effect.provide(kept)),
  )

  it.effect("are not made where a backend keeps no checkpoints", () =>
    Effect.gen(function* () {
      const { seen } = yield* sweepOn({ capabilities: { checkpoints: false } }, study, staged)
      assert.strictEqual(seen.starts.length, RUNS)
      assert.strictEqual(seen.tokens, RUNS * 4096)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("let branches start as soon as their trunk is past them, from the checkpoint that was there already", () =>
    Effect.gen(function* () {
      const trunk = withFields({ batch: 64, eta: 0.01, seeds: 1, horizon: [512] })
      yield* sweepOn({}, trunk)
      const [{ spec, runId: parent }] = (yield* Study.expand(trunk)).runs
      const batch = { kind: "constant" as const, tokens: 128 }
      const branched = Study.make({
        name: "small",
        runs: [
          { spec, horizons: [512, 1024, 4096] },
          { spec: { ...spec, batch, origin: { parent, at: 512 } }, horizons: [1024] },
          { spec: { ...spec, batch, origin: { parent, at: 1024 } }, horizons: [2048] },
        ],
      })
      // The checkpoint at 512 is a rolling one, which the trunk would replace on its way.
      const { seen, summary } = yield* sweepOn({ capabilities: { concurrency: 1 } }, branched, staged)
      assert.deepInclude(summary, { finished: 3, failed: [] })
      assert.deepStrictEqual(
        seen.starts.map(({ runId, from }) => [runId === parent, from]),
        [
          [true, 512],
          [false, 512],
          [false, 1024],
          [true, 1024],
        ],
      )
    }).pipe(Effect.provide(kept)),
  )
})

describe("a budget", () => {
  it.effect("of tokens is not exceeded, and the next sweep goes on from there", () =>
    Effect.gen(function* () {
      const budget = { tokens: RUNS * 1024 + 100 }
      const { summary, seen } = yield* sweepOn({}, study, { ...staged, budget })
      assert.deepStrictEqual(summary.stopped, {
        _tag: "BudgetSpent",
        of: "tokens",
        limit: budget.tokens,
        spent: RUNS * 1024,
        runsLeft: RUNS,
      })
      assert.deepInclude(summary, { finished: 0, failed: [] })
      assert.strictEqual(seen.tokens, RUNS * 1024)
      assert.deepStrictEqual((yield* on({}, Sweep.status(study))).counts.partial, RUNS)
      const rest = yield* sweepOn({}, study)
      assert.strictEqual(rest.seen.tokens, RUNS * (4096 - 1024))
      assert.isUndefined(rest.summary.stopped)
      const whole = yield* Effect.provide(Effect.andThen(sweepOn({}, study), series(study)), kept, { local: true })
      assert.deepStrictEqual(yield* series(study), whole)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("gets back what was put aside for runs that diverge", () =>
    Effect.gen(function* () {
      const wild = withFields({ batch: 64, eta: [0.01, 4, 5], seeds: 1, horizon: [2048] })
      const order = (yield* Study.expand(wild)).runs
      // The two that diverge first: they come last in the grid.
      const study = Study.make({
        name: "small",
        runs: order.toReversed().map(({ spec }) => ({ spec, horizons: [2048] })),
      })
      const { summary, seen } = yield* sweepOn({}, study, { budget: { tokens: 2 * 2048 } })
      assert.deepInclude(summary, { finished: 1, diverged: 2 })
      assert.isUndefined(summary.stopped)
      assert.strictEqual(seen.tokens, 512 + 512 + 2048)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("that is no number is refused before anything starts", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(sweepOn({}, study, { budget: { tokens: Number.NaN } }))
      assert.match(error.message, /budget.tokens: NaN buys nothing; give a positive number of tokens/)
      assert.strictEqual((yield* journal).length, 0)
    }).pipe(Effect.provide(kept)),
  )
})

describe("checkpoints", () => {
  const positions = Effect.fnUntraced(function* (of: Study) {
    const checkpoints = yield* CheckpointStore
    const found: Array<ReadonlyArray<number>> = []
    for (const { runId } of (yield* Study.expand(of)).runs) {
      found.push((yield* checkpoints.list(runId, "chain-v1")).map(({ tokens }) => tokens))
    }
    return found
  })
  const lonely = withFields({ batch: 64, eta: [0.01, 4], seeds: 1, horizon: [1024] })
  const spec = Effect.map(Study.expand(lonely), ({ runs }) => runs.find((run) => run.spec.eta === 0.01)!)

  it.effect("that nothing needs are cleared away: a run that can be extended keeps its newest", () =>
    Effect.gen(function* () {
      const parent = yield* spec
      const origin = { parent: parent.runId, at: 512 }
      const cooled = { kind: "warmup_stable_decay" as const, warmup: 0, decayStart: 512, horizon: 1024 }
      const branch = { ...parent.spec, origin, schedule: cooled }
      const study = Study.make({
        name: "small",
        runs: [
          ...(yield* Study.expand(lonely)).runs.map(({ spec, horizons }) => ({ spec, horizons })),
          { spec: branch, horizons: [1024] },
        ],
      })
      yield* sweepOn({ checkpointEvery: 256 }, study)
      assert.deepStrictEqual(yield* positions(study), [[1024], [], []])
      const longer = withFields({ batch: 64, eta: [0.01, 4], seeds: 1, horizon: [1024, 2048] })
      assert.strictEqual((yield* sweepOn({}, longer)).seen.tokens, 1024)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("stay as long as a branch that failed may want them, and all or none stay when told so", () =>
    Effect.gen(function* () {
      const parent = yield* spec
      const batch = { kind: "constant" as const, tokens: 128 }
      const branch = { ...parent.spec, batch, origin: { parent: parent.runId, at: 512 } }
      const study = Study.make({
        name: "small",
        runs: [
          { spec: parent.spec, horizons: [1024], checkpointAt: [256] },
          { spec: branch, horizons: [1024] },
        ],
      })
      const rejecting = Effect.fnUntraced(function* (id: string) {
        if (id !== parent.runId) return yield* new BackendError({ ...broken, retryable: false })
      })
      yield* sweepOn({ beforeStep: rejecting }, study)
      assert.deepStrictEqual(yield* positions(study), [[256, 512, 1024], []])
      const { seen } = yield* sweepOn({}, study)
      assert.strictEqual(seen.tokens, 512)
      assert.deepStrictEqual(yield* positions(study), [[256, 1024], [1024]])
      for (const [keepCheckpoints, expected] of [
        ["none", [[], []]],
        ["all", [[256, 512, 1024], [1024]]],
      ] as const) {
        yield* Effect.gen(function* () {
          yield* sweepOn({}, study, { keepCheckpoints })
          assert.deepStrictEqual<unknown>(yield* positions(study), expected)
        }).pipe(Effect.provide(kept, { local: true }))
      }
    }).pipe(Effect.provide(kept)),
  )

  it.effect("left by a kill between clearing and journal are cleared by the next sweep that ends", () =>
    Effect.gen(function* () {
      yield* sweepOn({ checkpointEvery: 256 }, lonely, { keepCheckpoints: "all" })
      assert.deepStrictEqual(yield* positions(lonely), [[1024], [512]])
      const store = yield* Store
      assert.strictEqual((yield* store.uncleared).length, 2)
      yield* sweepOn({}, lonely)
      assert.deepStrictEqual(yield* positions(lonely), [[1024], []])
      assert.strictEqual((yield* store.uncleared).length, 0)
      assert.strictEqual((yield* on({}, Sweep.plan(lonely))).runs.length, 0)
    }).pipe(Effect.provide(kept)),
  )
})

const broken = { backend: "chain", reason: "Device" as const, message: "no" }
