import type { Rules, Shape } from "./Parametrisation.ts"
import { fanInRatio, type TensorShape } from "./TensorShape.ts"

/** Standard deviation at the base shape where the tensor names none. MPT's muP configuration with sigma = 1. */
const defaultStd = (t: TensorShape): number => 1 / Math.sqrt(t.role === "input" ? t.baseFanOut : t.baseFanIn)

/**
 * Standard deviation of the initial weights; 0 for a constant.
 *
 * - input, vector: as at the base shape
 * - hidden: base / sqrt(r), r = fan-in / base fan-in (variance as 1/fan-in)
 * - output: as at the base shape under muP and CompleteP, where the forward multiplier does the shrinking; base / sqrt(r) in
 *   the standard parametrisation
 *
 * Tensor Programs V (arXiv 2203.03466), in the form of the mup package.
 */
export const initStd = (t: TensorShape, rules: Rules, shape: Shape): number => {
  if (t.constant !== undefined) return 0
  const base = t.baseStd ?? defaultStd(t)
  const shrinks =
    rules.kind === "standard"
      ? rules.standardInit === "fan-in" && (t.role === "hidden" || t.role === "output")
      : t.role === "hidden"
  const std = shrinks ? base / Math.sqrt(fanInRatio(t)) : base
  if (t.residual !== true || !rules.residualInitDivision) return std
  return std / Math.sqrt(2 * (rules.kind === "completep" ? shape.baseDepth : shape.depth))
}
