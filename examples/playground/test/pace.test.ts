import { Backend, memoryCheckpoints } from "@ts/backend"
import { LeastSquaresBackend } from "@ts/backend-least-squares"
import { Study } from "@ts/sweep"
import { Clock, Effect, Layer, Stream } from "effect"
import { expect, it } from "vitest"
import { paced } from "../src/engine/pace.ts"
import { leastSquares } from "../src/studies/leastSquares.ts"

it("slows readings down, and changes none", async () => {
  const { runs } = await Effect.runPromise(Study.expand(Study.make(leastSquares.study({}))))
  const [{ spec }] = runs as [(typeof runs)[number]]
  const assignment = { spec, until: 2 ** 10, evaluateAt: [2 ** 8, 2 ** 9, 2 ** 10], checkpointAt: [], averages: [] }
  const on = (layer: Layer.Layer<Backend>) =>
    Effect.gen(function* () {
      const began = yield* Clock.currentTimeMillis
      const events = yield* Stream.runCollect(
        Stream.unwrap(Backend.use((backend) => Effect.succeed(backend.train([assignment])))),
      )
      return { events, millis: (yield* Clock.currentTimeMillis) - began }
    }).pipe(Effect.provide(Layer.merge(layer, memoryCheckpoints)), Effect.runPromise)
  const slow = await on(paced(() => 30)(LeastSquaresBackend.layer))
  expect(slow.events).toEqual((await on(LeastSquaresBackend.layer)).events)
  expect(slow.millis).toBeGreaterThanOrEqual(85)
})
