/** Work that arrives at the same time is done together. */
import { Deferred, Effect, Exit } from "effect"

/** Turns in which others may join: enough for a worker that has its events at hand, microseconds for everybody else. */
const TURNS = 3

/**
 * Calls of what this gives share one `commit`, where they come together: a transaction for all of them waits for the
 * disk once. `commit` does all of a batch or nothing; where it fails, each is tried by itself, so that one bad piece of work
 * spoils no other. Interrupting a caller takes nothing back that was begun.
 */
export const together = <A, B, E>(commit: (batch: ReadonlyArray<A>) => Effect.Effect<ReadonlyArray<B>, E>) => {
  interface Waiting {
    readonly work: A
    readonly done: Deferred.Deferred<B, E>
  }
  let waiting: Array<Waiting> = []
  let led = false

  const alone = ({ work, done }: Waiting) =>
    Effect.flatMap(Effect.exit(Effect.map(commit([work]), ([result]) => result!)), (exit) => Deferred.done(done, exit))

  const lead = Effect.gen(function* () {
    for (let turn = 0; turn < TURNS; turn++) yield* Effect.yieldNow
    const batch = waiting
    waiting = []
    led = false
    const exit = yield* Effect.exit(commit(batch.map(({ work }) => work)))
    if (Exit.isSuccess(exit)) {
      yield* Effect.forEach(batch, ({ done }, i) => Deferred.succeed(done, exit.value[i]!), { discard: true })
    } else if (batch.length === 1) yield* Deferred.done(batch[0]!.done, exit as Exit.Exit<never, E>)
    else yield* Effect.forEach(batch, alone, { discard: true })
  })

  return (work: A): Effect.Effect<B, E> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const done = yield* Deferred.make<B, E>()
        waiting.push({ work, done })
        if (!led) {
          led = true
          yield* lead
        }
        return yield* restore(Deferred.await(done))
      }),
    )
}
