import { tokensText } from "./format.ts"
import type { Regime, RegimeVerdict } from "./law.ts"
import { type HorizonPoint, powerLaw } from "./power-law.ts"
import { isEstimate, type Result } from "./result.ts"

/** Half of the exponent 1/2 that theory gives far from the critical batch: what lies within it on both sides is flat. */
export const flatMargin = 0.25

/**
 * How eta* moves with the horizon at one batch: slope d ln eta* / d ln T with its interval, and a verdict. `flat` is a finding, not
 * the lack of one: the interval must hold zero and lie within the margin. The theory (Filatov et al. 2024, Eq. 3.1, B_crit ~ T)
 * says -1/2 far below the critical batch, 0 near it, +1/2 far above it.
 */
export const regime = (
  batch: number,
  points: ReadonlyArray<HorizonPoint>,
  options: { readonly level?: number; readonly margin?: number; readonly errorDegrees?: number } = {},
): Regime => {
  const law = powerLaw(points, { ...options, name: `eta* at batch ${tokensText(batch)}` })
  return { batch, slope: law.exponent, verdict: verdictOf(law.exponent, options.margin), horizons: law.horizons }
}

export const verdictOf = (slope: Result, margin = flatMargin): RegimeVerdict => {
  if (!isEstimate(slope) || slope.interval === undefined) return "not identified"
  const { low, high } = slope.interval
  if (low > 0) return "rises"
  if (high < 0) return "falls"
  return low > -margin && high < margin ? "flat" : "not identified"
}
