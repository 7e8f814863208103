/** Slows a backend down that computes its losses, so that one can watch: the numbers are the same. */
import { Backend } from "@ts/backend"
import { Effect, Layer, Stream } from "effect"

/** @param millis time between two readings, asked for anew at each; of a bundle begun at 0, none */
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
              Stream.suspend(() => {
                const events = backend.train(bundle)
                if (millis() === 0) return events
                return events.pipe(
                  Stream.rechunk(1),
                  Stream.tap(({ _tag }) => (_tag === "Evaluated" ? Effect.sleep(millis()) : Effect.void)),
                )
              }),
          }),
        ),
      ),
    ).pipe(Layer.provide(layer))
