import { type Decay, decayFraction } from "./decay.ts"
import { requireFraction, requirePositive, requireStep } from "./HyperparameterError.ts"
import { requireSameLength, type Tensor } from "./Tensor.ts"

export interface AdamWHyper extends Decay {
  /** Decay of the first moment, in [0, 1). */
  readonly beta1: number
  /** Decay of the second moment, in [0, 1). */
  readonly beta2: number
  /** Added to the bias-corrected root, above 0. */
  readonly eps: number
  /** Number of this step, counted from 1. */
  readonly step: number
}

/** `1 - beta^step`: what a moment that started at 0 lacks after `step` updates (Kingma and Ba 2015, section 3). */
export const biasCorrection = (beta: number, step: number): number => 1 - beta ** step

/**
 * One step of AdamW (Loshchilov and Hutter 2019, algorithm 2), in place, as `torch.optim.AdamW` writes it. With
 * `g = gradScale * grad`:
 *
 *     w <- w (1 - decayFraction)
 *     m <- beta1 m + (1 - beta1) g
 *     v <- beta2 v + (1 - beta2) g^2
 *     w <- w - lr (m / (1 - beta1^t)) / (sqrt(v) / sqrt(1 - beta2^t) + eps)
 *
 * Every element in float64, rounded once when stored (the update of `w` uses m and v before rounding). `m` and `v` start
 * at 0. A NaN in the gradient goes through to the weight. Throws `HyperparameterError`.
 */
export const adamw = (
  param: Tensor,
  grad: Tensor,
  m: Tensor,
  v: Tensor,
  hyper: AdamWHyper,
  gradScale: number = 1,
): void => {
  const { lr, beta1, beta2, eps, step } = hyper
  const kept = 1 - decayFraction(hyper)
  requireFraction("beta1", beta1)
  requireFraction("beta2", beta2)
  requirePositive("eps", eps)
  requireStep("step", step)
  requireSameLength(param, { grad, m, v })
  const stepSize = lr / biasCorrection(beta1, step)
  const rootCorrection = Math.sqrt(biasCorrection(beta2, step))
  for (let i = 0; i < param.length; i++) {
    const g = gradScale * grad[i]!
    const first = beta1 * m[i]! + (1 - beta1) * g
    const second = beta2 * v[i]! + (1 - beta2) * g * g
    m[i] = first
    v[i] = second
    param[i] = param[i]! * kept - (stepSize * first) / (Math.sqrt(second) / rootCorrection + eps)
  }
}
