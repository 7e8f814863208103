import { Effect, Queue, Stream } from "effect"

const BUFFERED_EVENTS = 64

/** The stream of what a program emits; it ends, and fails, with the program. A slow reader slows the program down. */
export const emitting = <A, E, R>(
  program: (emit: (event: A) => Effect.Effect<void>) => Effect.Effect<void, E, R>,
): Stream.Stream<A, E, R> =>
  Stream.callback<A, E, R>(
    (queue) =>
      program((event) => Effect.asVoid(Queue.offer(queue, event))).pipe(
        Effect.matchCauseEffect({
          onFailure: (cause) => Queue.failCause(queue, cause),
          onSuccess: () => Queue.end(queue),
        }),
      ),
    { bufferSize: BUFFERED_EVENTS },
  )
