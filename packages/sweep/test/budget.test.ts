import { assert, describe, it } from "@effect/vitest"
import { Store, type StudyInput, Sweep } from "@ts/sweep"
import { Effect, Stream } from "effect"
import { finish, journal, kept, on, summaryOf, sweep } from "./harness.ts"
import { small, studyInput, withFields } from "./study.ts"
import { newSeen, testBackend } from "./testBackend.ts"

/** 12 runs, to 1024 and on to 2048 tokens. */
const SHORT = 12 * 1024
const FULL = 12 * 2048

const planOf = (budget: object, study = small) => on({}, Sweep.plan(study, { budget }))
const said = (budget: object, study = small) =>
  Effect.map(Effect.flip(planOf(budget, study)), (error) => [error._tag, error.message])

describe("a budget", () => {
  it.effect("buys short horizons of all runs before the long ones of any", () =>
    Effect.gen(function* () {
      const plan = yield* planOf({ tokens: SHORT + 3 * 1024 })
      assert.strictEqual(plan.cost.tokens, SHORT + 3 * 1024)
      const ends = plan.runs.map(({ horizons }) => horizons.at(-1))
      assert.deepStrictEqual(
        [1024, 2048].map((end) => ends.filter((e) => e === end).length),
        [9, 3],
      )
      assert.deepStrictEqual(plan.left, { runs: 0, readings: 9 })
      assert.deepStrictEqual(plan.notes, [
        `within ${SHORT + 3 * 1024} tokens, 9 runs stop before the last horizon; all would take ${FULL} tokens`,
      ])
      assert.deepStrictEqual(plan.done, { runs: 0, readings: 0 })
    }).pipe(Effect.provide(kept)),
  )

  it.effect("leaves runs out, and counts them", () =>
    Effect.gen(function* () {
      const plan = yield* planOf({ tokens: 5 * 1024 + 1 })
      assert.deepStrictEqual([plan.runs.length, plan.cost.tokens], [5, 5 * 1024])
      assert.deepStrictEqual(plan.left, { runs: 7, readings: 19 })
      assert.match(plan.notes[0], /^within 5121 tokens, 7 runs of 12 are left out and 5 runs stop before the last/)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("that is enough changes nothing", () =>
    Effect.gen(function* () {
      const whole = yield* on({}, Sweep.plan(small))
      const { left, ...bought } = yield* planOf({ tokens: FULL, flops: 1e15, seconds: 1e6 })
      assert.deepStrictEqual(bought, whole)
      assert.deepStrictEqual(left, { runs: 0, readings: 0 })
    }).pipe(Effect.provide(kept)),
  )

  it.effect("may be of FLOPs, or of the seconds of all workers", () =>
    Effect.gen(function* () {
      const { cost } = yield* on({}, Sweep.plan(small))
      const half = yield* planOf({ flops: cost.flops / 2 })
      assert.isAtMost(half.cost.flops, cost.flops / 2)
      assert.isAbove(half.cost.flops, cost.flops / 2 - cost.flops / 12)
      const third = yield* planOf({ seconds: cost.seconds! / 3 })
      assert.closeTo(third.cost.seconds!, cost.seconds! / 3, cost.seconds! / 12)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("leaves a branch out where its trunk does not get there", () =>
    Effect.gen(function* () {
      const study = withFields({ batch: 64, eta: 0.01, seeds: 1, decays: [{ share: 0.2 }] })
      const trunk = yield* planOf({ tokens: 1024 }, study)
      assert.deepStrictEqual(
        trunk.runs.map(({ horizons, keep }) => [horizons, keep]),
        [[[1024], []]],
      )
      assert.deepStrictEqual(yield* said({ tokens: 800 }, study), [
        "StudyError",
        "budget.tokens: 800 tokens buy no run; the cheapest takes 1024 tokens",
      ])
      const decayed = yield* planOf({ tokens: 1024 + 256 }, study)
      assert.deepStrictEqual(
        decayed.runs.map(({ horizons, keep, spec }) => [horizons, keep, spec.origin?.at]),
        [
          [[1024], [768], undefined],
          [[1024], [], 768],
        ],
      )
    }).pipe(Effect.provide(kept)),
  )

  it.effect("runs what it bought, and the next one the rest", () =>
    Effect.gen(function* () {
      const seen = newSeen()
      const run = (budget?: object) =>
        Effect.gen(function* () {
          const plan = yield* Sweep.plan(small, budget === undefined ? {} : { budget })
          return summaryOf(yield* Stream.runCollect(Sweep.run(plan)))
        }).pipe(Effect.provide(testBackend({}, seen)))
      assert.strictEqual((yield* run({ tokens: SHORT })).finished, 12)
      assert.strictEqual(seen.tokens, SHORT)
      assert.strictEqual((yield* run()).finished, 12)
      assert.strictEqual(seen.tokens, FULL)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("smaller than the cheapest run, or that says nothing, is refused with the number that would do", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* said({ tokens: 1000 }), [
        "StudyError",
        "budget.tokens: 1000 tokens buy no run; the cheapest takes 1024 tokens",
      ])
      const [, flops] = yield* said({ flops: 1e6 })
      assert.match(flops, /^budget.flops: 1.00e\+6 FLOPs buy no run; the cheapest takes 1.0\de\+8 FLOPs$/)
      assert.strictEqual(
        (yield* said({ tokens: 0 }))[1],
        "budget.tokens: 0 buys nothing; give a positive number, or leave it out",
      )
      assert.strictEqual(
        (yield* said({ steps: 3 }))[1],
        "budget.steps: unknown field; the fields are tokens, flops, seconds",
      )
      const mute = Sweep.plan(small, { budget: { seconds: 1 } }).pipe(
        Effect.provide(testBackend({ capabilities: { flopsPerSecond: undefined as never } })),
      )
      assert.match(
        (yield* Effect.flip(mute)).message,
        /^budget.seconds: this backend does not tell its speed; calibrate/,
      )
      // Where nothing is left to do, nothing is too small.
      yield* on({}, sweep(small))
      assert.strictEqual((yield* planOf({ tokens: 1 })).runs.length, 0)
    }).pipe(Effect.provide(kept)),
  )
})

describe("a calibration", () => {
  const quiet = withFields({
    batch: [64, 128],
    data: { ...studyInput.data, validation: { tokens: 1, seed: 1 } },
  } as Partial<StudyInput>)

  it.effect("tells how long the sweep will take, from a few steps that leave no trace", () =>
    Effect.gen(function* () {
      const slow = { beforeStep: () => Effect.sleep("1 second") }
      const seen = newSeen()
      const plan = yield* on({}, Sweep.plan(quiet))
      const measuring = Sweep.calibrate(plan, { seconds: 40 }).pipe(Effect.provide(testBackend(slow, seen)))
      const calibration = yield* finish(yield* Effect.forkChild(measuring))
      // A step a second, on two workers; the validation's one token counts a little.
      for (const [i, batch] of [64, 128].entries()) {
        const { bundles, lanes, secondsPerToken } = calibration.rates[i]
        assert.deepStrictEqual([bundles, lanes], [2, 1])
        assert.closeTo(secondsPerToken * batch * 2, 1, 1e-3)
      }
      assert.isAbove(seen.tokens, 0)
      assert.isAtMost(calibration.seconds, 60)
      assert.deepStrictEqual(yield* journal, [])
      assert.strictEqual((yield* Store.rows()).length, 0)

      const timed = yield* on({}, Sweep.plan(quiet, { calibration }))
      const fiber = yield* Effect.forkChild(Effect.provide(sweep(quiet), testBackend(slow)))
      const { seconds } = (yield* finish(fiber)).summary
      // 4 runs of 32 steps and 4 of 16, on two workers; the engine's turns take a few ticks of the test's clock.
      assert.closeTo(timed.cost.seconds!, 96, 1)
      assert.closeTo(seconds, 96, 8)
    }).pipe(Effect.provide(kept)),
  )

  it.effect("of a backend that takes no time is over at once", () =>
    Effect.gen(function* () {
      const plan = yield* on({}, Sweep.plan(quiet))
      const calibration = yield* on({}, Sweep.calibrate(plan))
      assert.strictEqual(calibration.seconds, 0)
      assert.strictEqual((yield* on({}, Sweep.plan(quiet, { calibration }))).cost.seconds, 0)
      yield* on({}, sweep(quiet))
      const nothing = yield* on({}, Sweep.plan(quiet))
      assert.deepStrictEqual((yield* on({}, Sweep.calibrate(nothing))).rates, [])
    }).pipe(Effect.provide(kept)),
  )
})

describe("studies that cannot be run", () => {
  const refused = (fields: object) => {
    try {
      withFields(fields as never)
    } catch (error) {
      return (error as Error).message
    }
    throw new Error("accepted")
  }

  it("impossible grids: nothing to read", () => {
    assert.strictEqual(
      refused({ horizon: 16, batch: [32, 64] }),
      "horizon: nothing is left to read (horizon 16 is left out at batch 32: smaller than one batch; horizon 16 is left out at batch 64: smaller than one batch); raise it or lower batch",
    )
    assert.strictEqual(
      refused({ eta: { octaves: { center: 0.01, from: 0.2, to: 0.3, step: 1 } } }),
      "eta: the list is empty; give at least one value",
    )
    assert.strictEqual(refused({ averages: { axis: [] } }), "averages: the list is empty; give at least one value")
    assert.match(
      refused({ eta: { power: { of: "batch", coefficient: 1e300, exponent: 9 } } }),
      /^eta: comes to what is no finite number/,
    )
  })

  it.effect("cells given more than once are noted, and trained once", () =>
    Effect.gen(function* () {
      const twice = withFields({ parts: [{}, { batch: 64 }, { batch: 128, horizon: 4096 }] })
      const plan = yield* on({}, Sweep.plan(twice))
      assert.strictEqual(plan.runs.length, 12)
      assert.deepStrictEqual(plan.notes, ["4 cells are given more than once: each is trained once"])
    }).pipe(Effect.provide(kept)),
  )

  it.effect("a store of another study is refused, that of the same name extended", () =>
    Effect.gen(function* () {
      yield* on({}, sweep(small))
      const other = withFields({ name: "other" })
      const error = yield* Effect.flip(on({}, Sweep.plan(other)))
      assert.strictEqual(error._tag === "StoreError" && error.reason, "OtherStudy")
      assert.strictEqual(
        error.message,
        ':memory: holds the results of the study "small", and this one is "other"; use another folder, or give it that name to extend it',
      )
      const plan = yield* on({}, Sweep.plan(small))
      const run = Stream.runDrain(Sweep.run({ ...plan, study: other }))
      const refusal = yield* Effect.flip(on({}, run))
      assert.strictEqual(refusal._tag === "StoreError" && refusal.reason, "OtherStudy")
      assert.strictEqual((yield* on({}, Sweep.plan(withFields({ seeds: [1, 2, 3] })))).runs.length, 6)
    }).pipe(Effect.provide(kept)),
  )
})
