import { fixtureSpec } from "@ts/backend-conformance"
import { Study } from "@ts/sweep"

/** Four trunks, each with decayed readings of its horizons, larger batches that leave it, and an average. */
export const tree = Study.make({
  name: "tree",
  model: fixtureSpec.model,
  parametrisation: { kind: "mup", baseWidth: 32 },
  optimizer: { kind: "adamw", decay: "independent" },
  schedule: { kind: "constant_with_warmup", warmup: 128 },
  data: { synthetic: { vocabulary: 64, order: 1, seed: 1 }, validation: { tokens: 512, seed: 1 } },
  batch: [32, 64],
  horizon: [1024, 2048],
  eta: [0.01, 0.02],
  averages: [0.9],
  decays: [{ share: 0.25 }],
  branches: { at: [1024], factors: [2, 4], for: 512 },
  logEvery: 1024,
})
