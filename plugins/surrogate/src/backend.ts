/**
 * A backend that draws losses from a declared law. Its rows say that they are synthetic. Model shape, optimiser and
 * data of a spec play no part, so that a planner sees the law and nothing else; the law and its noise are part of
 * `numericsId`.
 */
import { type Backend, canonicalHash, closedFormBackend, runId } from "@ts/backend"
import { random } from "@ts/random"
import { nextBatch } from "@ts/schedule"
import type { Layer } from "effect"
import { defaultLaw, defaultNoise, lawLoss, type SurrogateLaw, type SurrogateNoise, validateLaw } from "./law.ts"

/** @throws {LawError} when the law or the noise is out of range */
const layerWith = (law: SurrogateLaw = defaultLaw, noise: SurrogateNoise = defaultNoise): Layer.Layer<Backend> => {
  validateLaw(law, noise)
  const numericsId = `surrogate-v1-${canonicalHash({ law, noise }).slice(0, 12)}`
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
    unsupported: ({ batch }) =>
      batch.kind === "constant"
        ? undefined
        : {
            field: "batch",
            message: `batch: the law knows constant batches only, not "${batch.kind}"; use { kind: "constant" }`,
          },
    run: (spec) => {
      const draws = random(noise.seed, `surrogate/${runId(spec)}`)
      const shared = noise.shared * draws.split("shared").normal(0)
      const batch = nextBatch(spec.batch, 0)
      return ({ tokens, step }) => {
        const loss = lawLoss(law, spec.eta, batch, tokens)
        if (loss === undefined)
          return { diverged: `the rate ${spec.eta} is more than ${law.stableUpTo} times the law's optimum` }
        return () => loss + shared + noise.reading * draws.split("reading").normal(step)
      }
    },
  })
}

export const SurrogateBackend = {
  /** The default one. */
  layer: layerWith(),
  layerWith,
}
