/** Slows a backend down that computes its losses, so that one can watch: the numbers are the same. */
import { Backend } from "@ts/backend"
import { Effect, Layer, Stream } from "effect"

/** Time between two readings, milliseconds; asked for anew at each. */
export const paced =
  (millis: () => number) =>
  <E, R>(layer: Layer.Layer<Backend, E, R>): Layer.Layer<Backend, E, R> =>
    Layer.effect(
      Backend,
      Backend.use((backend) =>
        Effect.succeed(
          Backend.of({
            ...backend,
            train: (bundle) =>
              backend.train(bundle).pipe(
                Stream.rechunk(1),
                Stream.tap((event) => {
                  const pause = event._tag === "Evaluated" ? millis() : 0
                  return pause > 0 ? Effect.sleep(pause) : Effect.void
                }),
              ),
          }),
        ),
      ),
    ).pipe(Layer.provide(layer))
