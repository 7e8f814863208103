/** What keeps a backend's troubles its own: a crash is a failure of its runs, and so is silence. */
import { Cause, Duration, Effect, Stream } from "effect"

/** Turns what the backend throws, also before it gives a stream, into an error. */
export const catchCrash = <A, E, R, E2>(
  train: () => Stream.Stream<A, E, R>,
  crashed: (message: string) => E2,
): Stream.Stream<A, E | E2, R> =>
  Stream.suspend(train).pipe(
    Stream.catchCause((cause): Stream.Stream<A, E | E2, R> => {
      if (!Cause.hasDies(cause)) return Stream.failCause(cause)
      const defect = Cause.squash(cause)
      return Stream.fail(crashed(defect instanceof Error ? defect.message : String(defect)))
    }),
  )

/**
 * Fails a stream that gives nothing for so long, whatever the wall clock says; after an element that `waits`, any time. It listens again at half time: events that
 * waited while this process was held up (a slow disk, a suspended machine) are heard before it judges.
 */
export const unlessSilent = <A, E, R, E2>(
  stream: Stream.Stream<A, E, R>,
  duration: Duration.Input,
  silent: () => E2,
  waits: (last: A) => boolean = () => false,
): Stream.Stream<A, E | E2, R> => {
  const half = Effect.sleep(Duration.divideUnsafe(Duration.fromInputUnsafe(duration), 2))
  const timeout = Effect.flatMap(Effect.andThen(half, half), () => Effect.fail(silent()))
  return Stream.transformPull(stream, (pull) =>
    Effect.sync(() => {
      let waiting = false
      const heard = Effect.tap(pull, (elements) =>
        Effect.sync(() => {
          waiting = waits(elements[elements.length - 1]!)
        }),
      )
      return Effect.suspend(() => (waiting ? heard : Effect.raceFirst(heard, timeout)))
    }),
  )
}
