import { assert, describe, it } from "@effect/vitest"
import { BackendError, type CheckpointRef, CheckpointStore, type RunEvent, RunSpec, runId } from "@ts/backend"
import { Store, Study, Sweep } from "@ts/sweep"
import { Effect, Fiber, Schedule, Schema, Stream } from "effect"
import { finish, journal, kept, on, pass, series, summaryOf, sweep, sweepOn } from "./harness.ts"
import { small, studyInput, withFields } from "./study.ts"
import { failing, newSeen, testBackend } from "./testBackend.ts"

const FULL = 12 * 2048

describe("only the difference is trained", () => {
  it.effect("a whole study, then nothing", () =>
    Effect.gen(function* () {
      const first = yield* sweepOn({}, small)
      assert.strictEqual(first.plan.cost.tokens, FULL)
      assert.strictEqual(first.plan.cost.readings, 24)
      assert.strictEqual(first.seen.tokens, FULL)
      assert.deepInclude(first.summary, { finished: 12, diverged: 0, failed: [], inconsistent: 0, tokens: FULL })
      assert.strictEqual((yield* Store.rows(small)).length, 24)

      const again = yield* sweepOn({}, small)
      assert.strictEqual(again.plan.runs.length, 0)
      assert.deepStrictEqual(again.plan.done, { runs: 12, readings: 24 })
      assert.strictEqual(again.seen.tokens + again.seen.prepared, 0)
      assert.strictEqual(again.summary.tokens, 0)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("a new horizon extends every run from its last checkpoint, to the same numbers", () =>
    Effect.gen(function* () {
      const longer = withFields({ horizon: [1024, 2048, 4096] })
      yield* sweepOn({}, small)
      const { plan, seen } = yield* sweepOn({}, longer)
      assert.strictEqual(plan.cost.tokens, FULL)
      assert.strictEqual(seen.tokens, FULL)
      assert.isTrue(seen.starts.every(({ from }) => from === 2048))
      const extended = yield* series(longer)
      const direct = yield* Effect.provide(Effect.andThen(sweepOn({}, longer), series(longer)), kept, { local: true })
      assert.deepStrictEqual(extended, direct)
      assert.strictEqual(extended.length, 36)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("a new batch, seed or width trains only its runs", () =>
    Effect.gen(function* () {
      yield* sweepOn({}, small)
      const { plan, seen } = yield* sweepOn({}, withFields({ batch: [32, 64, 128, 256] }))
      assert.isTrue(plan.runs.every(({ spec }) => spec.batch.kind === "constant" && spec.batch.tokens === 256))
      assert.strictEqual(seen.tokens, 4 * 2048)
      const wider = yield* sweepOn({}, withFields({ parts: [{}, { model: { d_model: 64 }, batch: 64 }] }))
      assert.strictEqual(wider.seen.tokens, 4 * 2048)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("a removed reading trains that run again, from the checkpoint before it", () =>
    Effect.gen(function* () {
      const kept = withFields({ checkpointAt: [512] })
      yield* sweepOn({}, kept)
      const before = yield* series()
      const [row] = yield* Store.rows(kept)
      yield* Store.remove({ runId: row.runId, requested: 1024 })
      const { plan, seen } = yield* sweepOn({}, kept)
      assert.deepStrictEqual(
        plan.runs.map((run) => [run.runId, run.work.from, run.work.assignment.evaluateAt, run.work.tokens]),
        [[row.runId, 512, [1024], 512]],
      )
      assert.strictEqual(seen.tokens, 512)
      assert.deepStrictEqual(yield* series(), before)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("a noise scale that was not measured at a horizon is, once", () =>
    Effect.gen(function* () {
      const noiseScale = { small: 32, big: 128, samples: 2 }
      const measured = withFields({ noiseScale })
      const first = yield* sweepOn({}, measured)
      assert.strictEqual(first.plan.cost.readings, 48)
      assert.strictEqual((yield* sweepOn({}, measured)).plan.runs.length, 0)
      assert.strictEqual((yield* sweepOn({}, small)).plan.runs.length, 0)
      const other = withFields({ noiseScale: { ...noiseScale, samples: 4 } })
      const { plan, summary } = yield* sweepOn({}, other)
      assert.strictEqual(plan.cost.readings, 24)
      assert.deepInclude(summary, { finished: 12, inconsistent: 0 })
      assert.strictEqual((yield* sweepOn({}, measured)).plan.runs.length, 0)
      const found = (yield* journal).filter(({ event }) => event._tag === "NoiseScaleMeasured")
      assert.strictEqual(found.length, 48)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("a new average cannot be read from checkpoints that do not hold it", () =>
    Effect.gen(function* () {
      yield* sweepOn({}, small)
      const { seen, plan } = yield* sweepOn({}, withFields({ averages: [0.9] }))
      assert.isTrue(seen.starts.every(({ from }) => from === 0))
      assert.strictEqual(plan.cost.readings, 24)
      assert.strictEqual((yield* Store.rows()).length, 48)
    }).pipe(Effect.provide(kept)),
  )
})

describe("runs that do not end well", () => {
  it.effect("divergence is a result: its readings are rows, and nothing is tried again", () =>
    Effect.gen(function* () {
      const study = withFields({ eta: [0.01, 4], seeds: 1, horizon: [256, 1024, 2048] })
      const { summary } = yield* sweepOn({}, study)
      assert.deepInclude(summary, { finished: 3, diverged: 3, failed: [] })
      const lost = (yield* Store.rows(study)).filter(({ status }) => status === "diverged")
      assert.deepStrictEqual(
        lost.map(({ eta, tokens, loss }) => [eta, tokens, Number.isNaN(loss)]),
        [32, 64, 128].flatMap(() => [1024, 2048].map((tokens) => [4, tokens, true])),
      )
      assert.strictEqual((yield* sweepOn({}, study)).plan.runs.length, 0)
      const longer = withFields({ ...study, horizon: [256, 1024, 2048, 4096] })
      assert.isTrue((yield* sweepOn({}, longer)).plan.runs.every(({ spec }) => spec.eta === 0.01))
    }).pipe(Effect.provide(kept)),
  )

  it.effect("a device that falls over is tried again, after the delays of the schedule", () =>
    Effect.gen(function* () {
      const study = withFields({ batch: 64, eta: 0.01, seeds: 1 })
      const fail = yield* failing(2, 1536)
      const retry = Schedule.spaced("1 minute").pipe(Schedule.upTo({ times: 3 }))
      const fiber = yield* Effect.forkChild(sweepOn({ beforeStep: fail }, study, { retry }))
      yield* pass(30, fiber)
      assert.isUndefined(fiber.pollUnsafe())
      const { summary, seen } = yield* finish(fiber)
      assert.isAtLeast(summary.seconds, 120)
      assert.deepInclude(summary, { finished: 1, failed: [] })
      // From the checkpoint at 1536, not from the start.
      assert.deepStrictEqual(
        seen.starts.map(({ from }) => from),
        [0, 1536, 1536],
      )
      const tags = (yield* journal).map(({ event }) => event._tag)
      assert.strictEqual(tags.filter((tag) => tag === "Retrying").length, 2)
      assert.strictEqual((yield* series()).length, 2)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("a long run is not given up for failing now and then: what counts is failing without getting on", () =>
    Effect.gen(function* () {
      const study = withFields({ batch: 64, eta: 0.01, seeds: 1 })
      const fallen = new Set<number>()
      const beforeStep = (_: string, tokens: number) => {
        if (tokens % 256 !== 128 || fallen.has(tokens)) return Effect.void
        fallen.add(tokens)
        const message = "the machine was taken away"
        return Effect.fail(new BackendError({ backend: "chain", reason: "Device", message, retryable: true }))
      }
      const { summary } = yield* sweepOn({ beforeStep, checkpointEvery: 64 }, study, { retry: Schedule.recurs(1) })
      assert.strictEqual(fallen.size, 8)
      assert.deepInclude(summary, { finished: 1, failed: [] })
    }).pipe(Effect.provide(kept)),
  )

  it.effect("one that keeps failing is given up, the others go on, and the next sweep tries it again", () =>
    Effect.gen(function* () {
      const broken = withFields({ batch: 64, eta: 0.01, seeds: 1 })
      const [{ runId: bad }] = (yield* Study.expand(broken)).runs
      const fail = yield* failing(1000, 0)
      const beforeStep = (id: string, tokens: number) => (id === bad ? fail(id, tokens) : Effect.void)
      const retry = Schedule.recurs(2)
      for (const maxLanes of [1, 8]) {
        const { summary } = yield* sweepOn({ beforeStep, capabilities: { maxLanes } }, small, { retry })
        assert.deepStrictEqual(summary.failed, [{ runId: bad, message: "the device fell over" }])
      }
      const status = yield* on({}, Sweep.status(small))
      assert.deepStrictEqual(status.counts, { complete: 11, diverged: 0, pruned: 0, partial: 0, failed: 1, waiting: 0 })
      assert.isUndefined(status.driver)
      const { summary, seen } = yield* sweepOn({}, small)
      assert.deepInclude(summary, { finished: 1, failed: [] })
      assert.strictEqual(seen.tokens, 2048)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("a backend that hangs is interrupted, and goes on from its checkpoint", () =>
    Effect.gen(function* () {
      const study = withFields({ batch: 64, eta: 0.01, seeds: 1 })
      let hung = false
      const beforeStep = (_: string, tokens: number) => {
        if (hung || tokens < 1600) return Effect.void
        hung = true
        return Effect.never
      }
      const fiber = yield* Effect.forkChild(sweepOn({ beforeStep }, study, { stallTimeout: "1 minute" }))
      const { summary, seen } = yield* finish(fiber)
      assert.strictEqual(summary.finished, 1)
      assert.deepStrictEqual(
        seen.starts.map(({ from }) => from),
        [0, 1600],
      )
      assert.strictEqual(seen.tokens, 2048)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("a corrupt checkpoint is set aside, and the run starts from an earlier one", () =>
    Effect.gen(function* () {
      const study = withFields({ batch: 64, eta: 0.01, seeds: 1, checkpointAt: [1024] })
      yield* sweepOn({}, study)
      const direct = yield* Effect.provide(
        Effect.andThen(sweepOn({}, withFields({ ...study, horizon: [1024, 2048, 4096] })), series()),
        kept,
        { local: true },
      )
      const real = yield* CheckpointStore
      const broken = CheckpointStore.of({
        ...real,
        get: (ref) => (ref.tokens === 2048 ? real.get({ ...ref, hash: "0".repeat(64) }) : real.get(ref)),
      })
      const longer = withFields({ ...study, horizon: [1024, 2048, 4096] })
      const { seen } = yield* sweepOn({}, longer, { retry: Schedule.recurs(3) }).pipe(
        Effect.provideService(CheckpointStore, broken),
      )
      assert.deepStrictEqual(
        seen.starts.map(({ from }) => from),
        [1024],
      )
      assert.deepStrictEqual(yield* series(), direct)
      const rejected = (yield* journal).filter(({ event }) => event._tag === "CheckpointRejected")
      assert.strictEqual(rejected.length, 1)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("readings lost between checkpoint and journal are taken again, whoever reads at the boundary or not", () =>
    Effect.gen(function* () {
      const study = withFields({ batch: 64, eta: 0.01, seeds: 1, checkpointAt: [512, 1024] })
      for (const readsAtStart of [true, false]) {
        yield* sweepOn({}, study)
        const before = yield* series()
        const [{ runId: id }] = yield* Store.rows(study)
        yield* Store.remove({ runId: id, requested: 1024 })
        const { seen, summary } = yield* sweepOn({ readsAtStart }, study, { retry: Schedule.recurs(2) })
        assert.strictEqual(summary.finished, 1)
        assert.deepStrictEqual(
          seen.starts.map(({ from }) => from),
          readsAtStart ? [1024] : [1024, 512],
        )
        assert.deepStrictEqual(yield* series(), before)
      }
    }).pipe(Effect.provide(kept)),
  )
})

describe("numbers one can trust", () => {
  it.effect("an event told twice counts once", () =>
    Effect.gen(function* () {
      const { summary } = yield* sweepOn({ stutters: true }, small)
      assert.strictEqual(summary.inconsistent, 0)
      assert.strictEqual((yield* Store.rows()).length, 24)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("another number under the same numerics is reported, and the first stays", () =>
    Effect.gen(function* () {
      const study = withFields({ batch: 64, eta: 0.01, seeds: 1 })
      yield* sweepOn({}, study)
      const before = yield* series()
      const more = withFields({ batch: 64, eta: 0.01, seeds: 1, averages: [0.9] })
      const { summary } = yield* sweepOn({ error: () => 1e-9 }, more)
      assert.strictEqual(summary.inconsistent, 2)
      assert.includeMembers(yield* series(), before)
      const other = withFields({ batch: 64, eta: 0.01, seeds: 1, averages: [0.95] })
      const loose = yield* sweepOn({ error: () => 1e-9, capabilities: { deterministic: false } }, other)
      assert.strictEqual(loose.summary.inconsistent, 0)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("lanes and workers change how runs are bundled, not what they give", () =>
    Effect.gen(function* () {
      const one = yield* Effect.provide(Effect.andThen(sweepOn({}, small), series()), kept, { local: true })
      const { seen } = yield* sweepOn({ capabilities: { maxLanes: 3, concurrency: 2 } }, small)
      assert.deepStrictEqual(yield* series(), one)
      assert.isTrue(seen.bundles.every((bundle) => bundle.length <= 3))
      assert.isTrue(seen.bundles.some((bundle) => bundle.length > 1))
      // Two runs for two workers: one each, though they would fit into one bundle.
      const two = yield* sweepOn(
        { capabilities: { maxLanes: 8, concurrency: 2 } },
        withFields({ seeds: [3, 4], batch: 64, eta: 0.01 }),
      )
      assert.deepStrictEqual(
        two.seen.bundles.map((bundle) => bundle.length),
        [1, 1],
      )
    }).pipe(Effect.provide(kept)),
  )

  it.effect(
    "a corpus prepared further for a longer horizon is the same corpus, and its new shards are remembered",
    () =>
      Effect.gen(function* () {
        yield* sweepOn({ shards: ["a"] }, small)
        const longer = withFields({ horizon: [1024, 2048, 4096] })
        const { seen } = yield* sweepOn({ shards: ["a", "b"] }, longer)
        assert.strictEqual(seen.tokens, FULL)
        // A cache that was emptied and prepared for less is still the same corpus.
        yield* sweepOn({ shards: ["a"] }, withFields({ seeds: [1, 2, 3] }))
        for (const shards of [
          ["a", "c"],
          ["a", "c", "d"],
        ]) {
          const error = yield* Effect.flip(sweepOn({ shards }, withFields({ seeds: [1, 2, 3, 4] })))
          assert.strictEqual(error._tag === "StoreError" && error.reason, "DataChanged")
        }
        const rebuilt = Store.use((store) => store.rebuild)
        yield* rebuilt
        const error = yield* Effect.flip(sweepOn({ shards: ["a", "c"] }, withFields({ seeds: [1, 2, 3, 4] })))
        assert.strictEqual(error._tag === "StoreError" && error.reason, "DataChanged")
      }).pipe(Effect.provide(kept)),
  )

  it.effect("data that changed since are refused before anything is trained", () =>
    Effect.gen(function* () {
      yield* sweepOn({}, small)
      const error = yield* Effect.flip(sweepOn({ shards: ["second"] }, withFields({ batch: [32, 64, 128, 256] })))
      assert.strictEqual(error._tag === "StoreError" && error.reason, "DataChanged")
      assert.match(error.message, /bring back the same data, or measure in a new folder/)
      assert.strictEqual((yield* Store.rows()).length, 24)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("results of other numerics are not passed off as this backend's", () =>
    Effect.gen(function* () {
      yield* sweepOn({}, small)
      const { plan } = yield* sweepOn({ capabilities: { numerics: { f32: "chain-v2" } } }, small)
      assert.strictEqual(plan.cost.tokens, FULL)
      assert.strictEqual((yield* Store.rows()).length, 48)
    }).pipe(Effect.provide(kept)),
  )
})

describe("branches", () => {
  const trunk = withFields({ batch: 64, eta: 0.01, seeds: 1, horizon: 1024 })
  const branched = Effect.gen(function* () {
    const [{ spec, runId: parent }] = (yield* Study.expand(trunk)).runs
    const branch = { ...spec, batch: { kind: "constant" as const, tokens: 128 }, origin: { parent, at: 512 } }
    return Study.make({
      name: "small",
      runs: [
        { spec: branch, horizons: [1024] },
        { spec, horizons: [1024] },
      ],
    })
  })

  it.effect("start from their parent's checkpoint, after it", () =>
    Effect.gen(function* () {
      const study = yield* branched
      const { plan, seen, summary } = yield* sweepOn({}, study)
      assert.strictEqual(plan.cost.tokens, 1024 + 512)
      assert.deepInclude(summary, { finished: 2, failed: [] })
      assert.deepStrictEqual(
        seen.starts.map(({ from }) => from),
        [0, 512],
      )
      assert.strictEqual((yield* sweepOn({}, study)).plan.runs.length, 0)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("train what they need of a parent that is done", () =>
    Effect.gen(function* () {
      yield* sweepOn({}, trunk)
      const { seen, summary } = yield* sweepOn({}, yield* branched)
      assert.deepInclude(summary, { finished: 2, failed: [] })
      assert.strictEqual(seen.tokens, 512 + 512)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("are given up with the reason when the parent fails before them", () =>
    Effect.gen(function* () {
      const fail = yield* failing(1000, 256)
      const { summary } = yield* sweepOn({ beforeStep: fail }, yield* branched, { retry: Schedule.recurs(0) })
      assert.strictEqual(summary.failed.length, 2)
      assert.match(summary.failed[1].message + summary.failed[0].message, /its parent \w+ failed at 256 tokens/)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("are given up with the reason when the parent's checkpoint is unreadable", () =>
    Effect.gen(function* () {
      const study = yield* branched
      const real = yield* CheckpointStore
      const get = (ref: CheckpointRef) => real.get(ref.tokens === 512 ? { ...ref, hash: "0".repeat(64) } : ref)
      const { summary } = yield* sweepOn({}, study).pipe(Effect.provideService(CheckpointStore, { ...real, get }))
      assert.deepInclude(summary, { finished: 1, diverged: 0 })
      assert.match(summary.failed[0].message, /the checkpoint of its parent \w+ at 512 tokens cannot be used/)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("that diverge have a row for each horizon they did not reach, by their own step boundaries", () =>
    Effect.gen(function* () {
      const [{ spec, runId: parent }] = (yield* Study.expand(trunk)).runs
      // Steps of 128 from 64 on: 512 is reached at 576, where this branch diverges.
      const batch = { kind: "constant" as const, tokens: 128 }
      const branch = { ...spec, eta: 4, batch, origin: { parent, at: 64 } }
      const runs = [
        { spec: branch, horizons: [256, 512, 1024] },
        { spec, horizons: [1024] },
      ]
      const study = Study.make({ name: "small", runs })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const store = yield* Store
          const session = yield* store.drive({ study: "s", backend: "b", device: "d", deterministic: true })
          const id = runId(Schema.decodeUnknownSync(RunSpec)(branch))
          const at = { runId: id, tokens: 64, step: 0, average: "none", evaluation: "validation", loss: 2 }
          const events: ReadonlyArray<RunEvent> = [
            { _tag: "Started", runId: id, tokens: 64, numericsId: "n", synthetic: false },
            { _tag: "Evaluated", ...at, tokens: 320, requested: 256 },
            { _tag: "Diverged", runId: id, tokens: 576, reason: "the loss is not finite" },
          ]
          yield* session.append(events.map((event) => ({ event, numericsId: "n" })))
        }),
      )
      assert.deepStrictEqual(
        (yield* Store.rows(study)).filter(({ eta }) => eta === 4).map(({ tokens, status }) => [tokens, status]),
        [
          [256, "finished"],
          [512, "diverged"],
          [1024, "diverged"],
        ],
      )
    }).pipe(Effect.provide(kept)),
  )

  it.effect("take their parent's checkpoint that holds their averages", () =>
    Effect.gen(function* () {
      const [{ spec, runId: parent }] = (yield* Study.expand(trunk)).runs
      const origin = { parent, at: 512 }
      const branch = { ...spec, origin, batch: { kind: "constant" as const, tokens: 128 } }
      const runs = [
        { spec: branch, horizons: [1024] },
        { spec, horizons: [1024] },
      ]
      yield* sweepOn({}, Study.make({ name: "plain", runs }))
      const averaged = Study.make({ name: "plain", runs: runs.map((run) => ({ ...run, averages: [0.5, 0.9] })) })
      const { summary } = yield* sweepOn({}, averaged)
      assert.deepInclude(summary, { finished: 2, failed: [] })
      const tags = (yield* journal).map(({ event }) => event._tag)
      assert.notInclude(tags, "CheckpointRejected")
    }).pipe(Effect.provide(kept)),
  )

  it.effect("are refused where the backend cannot branch", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(sweepOn({ capabilities: { branching: false } }, yield* branched))
      assert.match(error.message, /origin: chain cannot branch/)
    }).pipe(Effect.provide(kept)),
  )
})

describe("one driver at a time", () => {
  it.effect("a second one is refused while the first runs, and not after", () =>
    Effect.gen(function* () {
      const slow = { beforeStep: () => Effect.sleep("1 second") }
      const fiber = yield* Effect.forkChild(sweepOn(slow, small))
      yield* pass(5)
      const refused = yield* Effect.flip(sweepOn({}, small))
      assert.strictEqual(refused._tag === "StoreError" && refused.reason, "DriverActive")
      assert.match(refused.message, new RegExp(`process ${process.pid} on .* wait for it or stop it first`))
      assert.strictEqual((yield* on({}, Sweep.status(small))).driver?.pid, process.pid)
      const blocked = yield* Effect.flip(Store.remove({ runId: "0".repeat(16) }))
      assert.strictEqual(blocked.reason, "DriverActive")
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* sweepOn({}, small)).summary.failed.length, 0)
      assert.strictEqual((yield* Store.rows()).length, 24)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("interruption leaves checkpoints: nothing is trained twice", () =>
    Effect.gen(function* () {
      const seen = newSeen()
      const slow = testBackend({ beforeStep: () => Effect.sleep("1 second") }, seen)
      const fiber = yield* Effect.forkChild(Effect.provide(sweep(small), slow))
      yield* pass(21)
      yield* Fiber.interrupt(fiber)
      assert.isAbove(seen.tokens, 0)
      const { summary } = yield* Effect.provide(sweep(small), testBackend({}, seen))
      assert.strictEqual(summary.finished, 12)
      assert.strictEqual(seen.tokens, FULL)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("progress counts to the end", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(sweepOn({ beforeStep: () => Effect.sleep("1 second") }, small))
      const { events } = yield* finish(fiber)
      const progress = events.filter((event) => event._tag === "Progress")
      assert.deepInclude(progress.at(-1), { runsDone: 12, runs: 12, tokensDone: FULL, tokens: FULL, secondsLeft: 0 })
      // 3 batches (32, 64, 128 tokens a second each) on two workers.
      const seconds = summaryOf(events).seconds
      assert.isAtLeast(seconds, (4 * (64 + 32 + 16)) / 2)
      const half = progress.find(({ tokensDone }) => tokensDone >= FULL / 2)!
      assert.closeTo(half.secondsLeft!, half.tokensDone / half.tokensPerSecond, 20)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("stops when its consumer does", () =>
    Effect.gen(function* () {
      const plan = yield* on({}, Sweep.plan(small))
      const taken = yield* on({}, Stream.runCollect(Stream.take(Sweep.run(plan), 20)))
      assert.strictEqual(taken.length, 20)
      assert.isUndefined((yield* on({}, Sweep.status(small))).driver)
      assert.strictEqual((yield* sweepOn({}, small)).summary.failed.length, 0)
    }).pipe(Effect.provide(kept)),
  )
})

describe("costs", () => {
  it.effect("follow from the shapes, the checkpoints and the backend's speed", () =>
    Effect.gen(function* () {
      const { cost } = yield* on({}, Sweep.plan(small))
      // 12 d^2 + d V = 14336 weights in products, 6 FLOPs each and 6 S d for attention; validation forward only.
      const perToken = 6 * (12 * 32 * 32 + 64 * 32) + 6 * 16 * 32
      assert.closeTo(cost.flops, perToken * (FULL + (24 * 512) / 3), 1e-3)
      assert.closeTo(cost.seconds!, cost.flops / 1e9 / 2, 1e-9)
      const parameters = 64 * 32 + 4 * 32 + 4 * 32 * 32 + 4 * 32 + 8 * 32 * 32 + 5 * 32 + 2 * 32
      assert.strictEqual(cost.checkpointBytes, 12 * 4 * 3 * parameters)
      const dumb = { checkpoints: false, concurrency: 1, maxLanes: 1 }
      const { cost: other } = yield* on({ capabilities: dumb }, Sweep.plan(small))
      assert.strictEqual(other.checkpointBytes, 0)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("plans are plain data", () =>
    Effect.gen(function* () {
      const plan = yield* on({}, Sweep.plan(small))
      assert.deepStrictEqual(JSON.parse(JSON.stringify(plan)), plan)
      assert.isTrue(plan.runs.every((run) => run.runId === runId(run.spec)))
    }).pipe(Effect.provide(kept)),
  )

  it.effect("what a backend cannot do is told at once, grouped", () =>
    Effect.gen(function* () {
      const able = { numerics: { f64: "x" }, maxima: { "model.d_model": 16 }, averages: false }
      const study = withFields({ ...studyInput, averages: [0.9] })
      const error = yield* Effect.flip(on({ capabilities: able }, Sweep.plan(study)))
      assert.deepStrictEqual(error.message.split("\n"), [
        "precision: chain does not offer f32; use f64 (12 runs)",
        "averages: chain reads no weight averages; leave them out (12 runs)",
        "model.d_model: 32 exceeds what chain can do, 16; use at most that (12 runs)",
      ])
    }).pipe(Effect.provide(kept)),
  )
})
