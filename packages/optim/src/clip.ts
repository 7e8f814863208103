import { HyperparameterError } from "./HyperparameterError.ts"
import type { Tensor } from "./Tensor.ts"

/** The Euclidean norm of all tensors together, summed in float64 in the order given; `gradScale` multiplies each value. */
export const globalNorm = (tensors: Iterable<Tensor>, gradScale: number = 1): number => {
  let sum = 0
  for (const tensor of tensors)
    for (let i = 0; i < tensor.length; i++) {
      const value = gradScale * tensor[i]!
      sum += value * value
    }
  return Math.sqrt(sum)
}

/**
 * The factor that brings a gradient of this norm down to `maxNorm`: `min(1, maxNorm / (norm + 1e-6))`, as
 * `torch.nn.utils.clip_grad_norm_`. `maxNorm = Infinity` turns clipping off. A norm of NaN gives NaN, so that a diverged
 * gradient is not hidden.
 */
export const clipFactor = (norm: number, maxNorm: number): number => {
  if (!(maxNorm > 0)) throw new HyperparameterError("maxNorm", maxNorm, "above 0, or Infinity for no clipping")
  return maxNorm === Number.POSITIVE_INFINITY ? 1 : Math.min(1, maxNorm / (norm + 1e-6))
}
