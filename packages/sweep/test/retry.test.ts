import { assert, it } from "@effect/vitest"
import { BackendError, type BackendErrorReason } from "@ts/backend"
import { Effect, Schedule } from "effect"
import { finish, journal, kept, sweepOn } from "./harness.ts"
import { withFields } from "./study.ts"

const study = withFields({ batch: 64, eta: 0.01, seeds: 1, horizon: [1024] })
const always = (reason: BackendErrorReason, retryable = true) => {
  const error = new BackendError({ backend: "chain", reason, message: `it is ${reason}`, retryable })
  return () => Effect.fail(error)
}
const tries = Effect.map(journal, (entries) => 1 + entries.filter(({ event }) => event._tag === "Retrying").length)

/** Attempts and seconds until a run that always fails so is given up. */
const until = (reason: BackendErrorReason, retryable?: boolean, retry?: Schedule.Schedule<unknown, BackendError>) =>
  Effect.gen(function* () {
    const options = retry === undefined ? {} : { retry }
    const fiber = yield* Effect.forkChild(sweepOn({ beforeStep: always(reason, retryable) }, study, options))
    const { summary } = yield* finish(fiber)
    assert.strictEqual(summary.failed[0].message, `it is ${reason}`)
    return { tries: yield* tries, seconds: summary.seconds }
  }).pipe(Effect.provide(kept, { local: true }))

it.effect(
  "what may pass is tried again, an unavailable device for long, and what cannot is not, whatever it says of itself",
  () =>
    Effect.gen(function* () {
      const device = yield* until("Device")
      assert.strictEqual(device.tries, 4)
      // 1 + 2 + 4 s, each off by up to a fifth, on a clock of whole seconds.
      assert.isTrue(device.seconds >= 5 && device.seconds <= 12, `${device.seconds} s`)
      const unavailable = yield* until("Unavailable")
      assert.strictEqual(unavailable.tries, 11)
      assert.isTrue(unavailable.seconds > 1200 && unavailable.seconds < 2700, `${unavailable.seconds} s`)
      for (const reason of ["Data", "InvalidSpec", "Unsupported"] as const) {
        assert.strictEqual((yield* until(reason)).tries, 1)
        assert.strictEqual((yield* until(reason, true, Schedule.recurs(5))).tries, 1)
      }
      assert.strictEqual((yield* until("Device", false)).tries, 1)
      assert.strictEqual((yield* until("Unavailable", true, Schedule.recurs(1))).tries, 2)
    }),
)
