/** A backend that answers at once: what a sweep on it takes is the engine's own time. */

import { Effect, Layer, Stream } from "effect"
import { type Assignment, Backend, type Capabilities, type RunEvent, runId } from "../../packages/backend/src/index.ts"

export const NUMERICS = "null-v1"

export const capabilities: Capabilities = {
  backend: "null",
  device: "none",
  numerics: { f32: NUMERICS },
  maxLanes: 1,
  concurrency: 2,
  deterministic: true,
  branching: false,
  checkpoints: false,
  averages: false,
  noiseScale: false,
  synthetic: true,
  maxima: {},
}

/** Started, a reading at each horizon, Finished. */
export const eventsOf = ({ spec, evaluateAt, until }: Assignment): ReadonlyArray<RunEvent> => {
  const id = runId(spec)
  const at = { runId: id, step: 1, average: "none", evaluation: "none" }
  return [
    { _tag: "Started", runId: id, tokens: 0, numericsId: NUMERICS, synthetic: true },
    ...evaluateAt.map((tokens) => ({
      _tag: "Evaluated" as const,
      ...at,
      tokens,
      requested: tokens,
      loss: 2 + 1 / tokens,
    })),
    { _tag: "Finished", runId: id, tokens: until, step: 1 },
  ]
}

export const nullBackend = Layer.succeed(
  Backend,
  Backend.of({
    capabilities,
    prepare: () => Effect.succeed({ data: [] }),
    train: (bundle) => Stream.fromIterable(bundle.flatMap(eventsOf)),
  }),
)
