/** A worker's side of the conversation: numbered lines, and a sign of life where there is nothing to tell. */
import { Clock, Effect, type Scope, Semaphore } from "effect"
import type { Saying } from "./protocol.ts"

/** Silence after which a worker says that it is alive, milliseconds. */
const PATIENCE = 30_000

export interface Voice {
  readonly say: (saying: Saying) => Effect.Effect<void>
}

/** `write` takes one line with its newline. */
export const makeVoice = Effect.fnUntraced(function* (
  write: (line: string) => Effect.Effect<void>,
  patience = PATIENCE,
): Effect.fn.Return<Voice, never, Scope.Scope> {
  const turn = yield* Semaphore.make(1)
  const millis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)
  let seq = 0
  let last = yield* millis
  const say = (saying: Saying) =>
    Effect.gen(function* () {
      const { _tag, ...fields } = saying
      yield* write(`${JSON.stringify({ seq: ++seq, _tag, ...fields })}\n`)
      last = yield* millis
    }).pipe(turn.withPermit, Effect.uninterruptible)
  yield* Effect.gen(function* () {
    for (;;) {
      const silent = (yield* millis) - last
      if (silent >= patience) yield* say({ _tag: "Alive" })
      else yield* Effect.sleep(patience - silent)
    }
  }).pipe(Effect.forkScoped)
  return { say }
})
