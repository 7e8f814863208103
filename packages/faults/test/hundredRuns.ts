import { fixtureSpec } from "@ts/backend-conformance"
import { Study } from "@ts/sweep"

/** 100 runs of 8 steps: two horizons, a checkpoint at each. */
export const hundredRuns = Study.make({
  name: "hundred runs",
  model: fixtureSpec.model,
  parametrisation: { kind: "mup", baseWidth: 32 },
  optimizer: { kind: "adamw", decay: "independent" },
  schedule: { kind: "constant_with_warmup", warmup: 128 },
  data: { synthetic: { vocabulary: 64, order: 1, seed: 1 }, validation: { tokens: 512, seed: 1 } },
  batch: [64, 128],
  horizon: [256, 512],
  eta: [0.01, 0.02, 0.04, 0.08, 0.16],
  seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  logEvery: 512,
})
