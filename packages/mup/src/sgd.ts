import type { Rules, Shape } from "./Parametrisation.ts"
import { fanInRatio, fanOutRatio, type TensorShape } from "./TensorShape.ts"

/** Multipliers for SGD-like updates, whose size is the gradient's. */
export interface SgdMultipliers {
  readonly lr: number
  /** For decay coupled to the learning rate (w *= 1 - lr * lambda, as in torch.optim.SGD). */
  readonly weightDecay: number
  /** For decay independent of the base learning rate. */
  readonly weightDecayIndependent: number
}

/**
 * SGD multipliers, with r the width ratio and m the depth ratio:
 *
 * - lr: input and vector r_out, hidden r_out / r_in, output r_in (Tensor Programs V, in the form of the mup package)
 * - under CompleteP those inside blocks also m^(2 alpha - 1): forward and backward each pass a factor m^-alpha, and m blocks
 *   must add up to order 1 (derived here; at alpha = 1/2 it is Depth-muP's depth-independent rate)
 * - weight decay: the inverse, so that lr * decay is the same at every shape; 1 where decay does not go through the rate
 */
export const sgdMultipliers = (t: TensorShape, rules: Rules, shape: Shape): SgdMultipliers => {
  const decay = t.role === "vector" && !rules.decayVectors ? 0 : 1
  if (rules.kind === "standard") return { lr: 1, weightDecay: decay, weightDecayIndependent: decay }
  const m = rules.kind === "completep" && t.block === true ? shape.depth / shape.baseDepth : 1
  const lr = widthFactor(t) * m ** (2 * rules.alpha - 1)
  return { lr, weightDecay: decay / lr, weightDecayIndependent: decay }
}

const widthFactor = (t: TensorShape): number => {
  if (t.role === "hidden") return fanOutRatio(t) / fanInRatio(t)
  return t.role === "output" ? fanInRatio(t) : fanOutRatio(t)
}
