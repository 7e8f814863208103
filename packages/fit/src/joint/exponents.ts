import type { JointExponents } from "../law.ts"
import { notIdentified, type Result } from "../result.ts"
import { termCount } from "./objective.ts"
import type { Solved } from "./plain.ts"
import { parameterOf } from "./quantities.ts"

/** The exponents of a fitted form, by profile likelihood; one-sided ones are bounds. */
export const exponentsOf = (solved: Solved, level: number): JointExponents => {
  const { form, terms, evidence } = solved.problem
  const k = termCount(terms)
  const result = (index: number): Result => {
    const { value, ends, error, deviation } = parameterOf(solved, index, level)
    const known = { low: Number.isFinite(ends.low), high: Number.isFinite(ends.high) }
    if (!known.low || !known.high)
      return notIdentified(
        "ill-conditioned",
        "The data leave this exponent open: measure batches further apart, or more horizons.",
        evidence.cells,
        known.low || known.high
          ? { ...(known.low ? { lower: ends.low } : {}), ...(known.high ? { upper: ends.high } : {}), level }
          : undefined,
      )
    return {
      _tag: "Estimate",
      value,
      scale: "linear",
      standardError: Number.isFinite(error) ? error : deviation,
      interval: { low: ends.low, high: ends.high, level },
      n: evidence.cells,
      notes: [],
    }
  }
  const scale = form.batch === "scale"
  return {
    ...(terms.tokens ? { heightInTokens: result(1) } : {}),
    ...(terms.size ? { heightInSize: result(k - 1) } : {}),
    ...(scale && terms.tokens ? { scaleInTokens: result(k + 1) } : {}),
    ...(scale && terms.size ? { scaleInSize: result(2 * k - 1) } : {}),
    ...(form.batch === "exponent" ? { inBatch: result(k) } : {}),
  }
}
