import type { Rules, Shape } from "./Parametrisation.ts"
import { fanInRatio, type TensorShape } from "./TensorShape.ts"

/**
 * Factor of q.k in attention: sqrt(base head size) / head size under muP and CompleteP, 1/sqrt(head size) in the standard
 * parametrisation. Equal at the base head size, hence for any width that adds heads of the base size.
 * Source: Tensor Programs V, 1/d attention; the constant as in ofivite/llm-foundry, branch mup-dev.
 */
export const attentionScale = (rules: Rules, shape: Shape): number => {
  const standard = 1 / Math.sqrt(shape.headSize)
  // As a factor on the standard scale, so that at the base shape the two agree in every bit.
  return rules.kind === "standard" ? standard : standard * Math.sqrt(shape.baseHeadSize / shape.headSize)
}

/** Factor on each residual branch, x + factor * branch(x): (depth / base depth)^-alpha under CompleteP, else 1. */
export const residualMultiplier = (rules: Rules, shape: Shape): number =>
  rules.kind === "completep" ? (shape.depth / shape.baseDepth) ** -rules.alpha : 1

/** Factor on the logits, whether the readout is tied or not: base width / width under muP and CompleteP, else 1. */
export const logitMultiplier = (rules: Rules, shape: Shape): number =>
  rules.alphaOutput * (rules.kind === "standard" ? 1 : shape.baseWidth / shape.width)

/** Factor on a tensor's product in the role it was given. */
export const forwardMultiplier = (t: TensorShape, rules: Rules): number => {
  if (t.role === "input") return rules.alphaInput
  if (t.role !== "output") return 1
  return rules.alphaOutput * (rules.kind === "standard" ? 1 : 1 / fanInRatio(t))
}
