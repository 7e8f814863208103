/** Wall clocks that are set while a sweep runs. */
import { ok, strictEqual } from "node:assert/strict"
import { Store, type StoreError, Sweep } from "@ts/sweep"
import { Clock, Duration, Effect, Fiber, Stream } from "effect"
import { patiently, summaryOf, sweep, within } from "../bench.ts"
import type { CaseOptions, FaultCase } from "../faultCase.ts"
import { faulty } from "../faultyBackend.ts"
import { jumpingClock, realClock } from "../jumpingClock.ts"
import { expectFinished } from "../kills.ts"
import { inFolder, verify } from "../verify.ts"

const HOUR = 3_600_000
const jumps = { "back an hour": -HOUR, "forward a day": 24 * HOUR }

const during = (name: keyof typeof jumps): FaultCase => ({
  name: `the clock goes ${name} during a sweep: progress and results are as ever`,
  run: (bench) =>
    inFolder(bench, async (folder) => {
      const { clock, jump } = jumpingClock(realClock)
      let heard = 0
      const program = Effect.gen(function* () {
        const plan = yield* Sweep.plan(bench.study)
        return yield* Sweep.run(plan, { retry: patiently }).pipe(
          Stream.tap(() =>
            Effect.sync(() => {
              if (++heard === Math.floor(bench.events / 2)) jump(jumps[name])
            }),
          ),
          Stream.runCollect,
        )
      })
      const began = performance.now()
      const events = await Effect.runPromise(
        within(bench, folder, program).pipe(Effect.provideService(Clock.Clock, clock)),
      )
      const seconds = (performance.now() - began) / 1000
      ok(heard >= bench.events / 2, "the clock was not set")
      for (const event of events) {
        if (event._tag !== "Progress") continue
        const { tokensPerSecond, secondsLeft = 0 } = event
        ok(tokensPerSecond >= 0 && secondsLeft >= 0, JSON.stringify(event))
      }
      const summary = summaryOf(events)
      expectFinished({ killed: false, summary })
      ok(summary.seconds >= 0 && summary.seconds <= seconds, `${summary.seconds} s of ${seconds} s`)
      await verify(bench, folder)
    }),
})

/** The backend hangs, the clock is set, and a second driver knocks. */
const whileHanging = (name: keyof typeof jumps, silence: number): FaultCase => ({
  name: `the clock goes ${name} while a backend hangs: it is found out, and the driver keeps its place`,
  run: (bench) =>
    inFolder(bench, async (folder) => {
      // Beats of the heart come a hundred times faster, and so does the end of patience.
      const { clock, jump } = jumpingClock(realClock, 100)
      const seen = { happened: 0 }
      const backend = faulty(bench.layer, "hangs", { times: 1, seen })
      const until = (condition: () => Effect.Effect<boolean, StoreError>) =>
        Effect.gen(function* () {
          while (!(yield* condition())) yield* Effect.promise(() => new Promise((done) => setTimeout(done, 5)))
        })
      const program = Effect.gen(function* () {
        const store = yield* Store
        const options = { stallTimeout: Duration.millis(100 * silence), retry: patiently }
        const first = yield* Effect.forkChild(sweep(bench.study, options))
        yield* until(() => Effect.sync(() => seen.happened > 0))
        jump(jumps[name])
        const jumped = clock.currentTimeMillisUnsafe()
        // The heart beats by the new time.
        yield* until(() =>
          Effect.map(store.driver, (driver) => driver !== undefined && Math.abs(driver.heartbeat - jumped) < HOUR / 2),
        )
        const second = (yield* Effect.flip(sweep(bench.study))) as StoreError
        strictEqual(second.reason, "DriverActive")
        return yield* Fiber.join(first)
      }).pipe(Effect.scoped)
      const events = await Effect.runPromise(
        within(bench, folder, program, { backend }).pipe(Effect.provideService(Clock.Clock, clock)),
      )
      expectFinished({ killed: false, summary: summaryOf(events) })
      await verify(bench, folder)
    }),
})

export const clockCases = ({ silence = 2000 }: CaseOptions): ReadonlyArray<FaultCase> => {
  const names = Object.keys(jumps) as ReadonlyArray<keyof typeof jumps>
  return [...names.map(during), ...names.map((name) => whileHanging(name, silence))]
}
