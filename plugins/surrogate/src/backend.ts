/**
 * A backend that draws losses from a declared law. Its rows say that they are synthetic. Model shape, optimiser and
 * data of a spec play no part, so that a planner sees the law and nothing else; the law and its noise are part of
 * `numericsId`.
 */
import {
  type Backend,
  canonicalHash,
  closedFormBackend,
  type EvaluationNoise,
  validateEvaluationNoise,
} from "@ts/backend"
import { nextBatch } from "@ts/schedule"
import type { Layer } from "effect"
import { defaultLaw, defaultNoise, lawLoss, type SurrogateLaw, validateLaw } from "./law.ts"

/**
 * @throws {LawError} when the law is out of range
 * @throws {EvaluationNoiseError} when the noise is
 */
const layerWith = (law: SurrogateLaw = defaultLaw, noise: EvaluationNoise = defaultNoise): Layer.Layer<Backend> => {
  validateLaw(law)
  validateEvaluationNoise(noise)
  const numericsId = `surrogate-v2-${canonicalHash({ law, noise }).slice(0, 12)}`
  return closedFormBackend({
    capabilities: {
      backend: "surrogate",
      device: "losses drawn from a declared law",
      numerics: { f32: numericsId, f64: numericsId },
      maxLanes: 64,
      concurrency: 1,
      deterministic: true,
      branching: false,
      checkpoints: false,
      averages: false,
      noiseScale: false,
      synthetic: true,
      maxima: {},
    },
    evaluation: "synthetic",
    noise,
    unsupported: ({ batch }) =>
      batch.kind === "constant"
        ? undefined
        : {
            field: "batch",
            message: `batch: the law knows constant batches only, not "${batch.kind}"; use { kind: "constant" }`,
          },
    run: ([{ spec }]) => {
      const batch = nextBatch(spec.batch, 0)
      return ({ tokens }) => {
        const loss = lawLoss(law, spec.eta, batch, tokens)
        if (loss === undefined)
          return { diverged: `the rate ${spec.eta} is more than ${law.stableUpTo} times the law's optimum` }
        return () => loss
      }
    },
  })
}

export const SurrogateBackend = {
  /** The default one. */
  layer: layerWith(),
  layerWith,
}
