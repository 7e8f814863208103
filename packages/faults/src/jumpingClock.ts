/** A wall clock that can be set while a program runs; what passes is told by the monotonic clock, as on any machine. */
import { Clock, Duration, Effect } from "effect"

export interface JumpingClock {
  readonly clock: Clock.Clock
  /** Sets the wall clock so many milliseconds forward, or back. */
  readonly jump: (millis: number) => void
}

export const realClock: Clock.Clock = Effect.runSync(Clock.clockWith(Effect.succeed))

/** `speed`: how many times faster sleeps end than they say. */
export const jumpingClock = (real: Clock.Clock, speed = 1): JumpingClock => {
  let ahead = 0
  const millis = () => real.currentTimeMillisUnsafe() + ahead
  const nanos = () => real.currentTimeNanosUnsafe() + BigInt(Math.round(ahead)) * 1_000_000n
  return {
    clock: {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: () => real.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: real.monotonicTimeNanos,
      sleep: (duration: Duration.Duration) => real.sleep(Duration.millis(Duration.toMillis(duration) / speed)),
    },
    jump: (millis) => {
      ahead += millis
    },
  }
}
