import type { Rules, Shape } from "./Parametrisation.ts"
import { fanInRatio, type TensorShape, widthRatio } from "./TensorShape.ts"

/** Multipliers for Adam-like updates, whose size does not depend on the gradient's (Adam, AdamW, Signum, Lion). */
export interface AdamMultipliers {
  readonly lr: number
  /** For decay coupled to the learning rate (w *= 1 - lr * lambda, as in torch.optim.AdamW). */
  readonly weightDecay: number
  /** For decay independent of the base learning rate (w *= 1 - lambda * lr_t / lr_peak, as in MosaicML's DecoupledAdamW). */
  readonly weightDecayIndependent: number
  /** For epsilon added to sqrt(v); it follows the gradient's size. Signum has none. */
  readonly eps: number
}

/**
 * Adam-like multipliers, with r the width ratio and m the depth ratio:
 *
 * - lr: hidden 1/r, others 1; under CompleteP those inside blocks also m^(alpha - 1)
 * - weight decay: hidden r, so that lr * decay is width-independent; 1 where decay does not go through the learning rate
 * - eps: 1/r for each tensor that has a width dimension, because under muP all their gradients shrink as 1/r; under CompleteP
 *   those inside blocks also m^-alpha, because their gradients pass the residual multiplier
 *
 * Source: Tensor Programs V (arXiv 2203.03466) and the mup package; CompleteP (arXiv 2505.01618).
 */
export const adamMultipliers = (t: TensorShape, rules: Rules, shape: Shape): AdamMultipliers => {
  const decay = t.role === "vector" && !rules.decayVectors ? 0 : 1
  if (rules.kind === "standard") return { lr: 1, weightDecay: decay, weightDecayIndependent: decay, eps: 1 }
  const hidden = t.role === "hidden" ? fanInRatio(t) : 1
  const m = rules.kind === "completep" && t.block === true ? shape.depth / shape.baseDepth : 1
  return {
    lr: m ** (rules.alpha - 1) / hidden,
    weightDecay: decay * hidden,
    weightDecayIndependent: decay,
    eps: m ** -rules.alpha / widthRatio(t),
  }
}
