import { twoSided } from "./student.ts"

/** Two estimated means whose ratio is sought, with the covariance of the estimates. */
export interface RatioOfMeans {
  readonly numerator: number
  readonly denominator: number
  readonly varianceOfNumerator: number
  readonly varianceOfDenominator: number
  readonly covariance: number
}

/**
 * Fieller's interval (1954) of a ratio of two means that are known not to be negative: all r >= 0 for which
 * numerator - r denominator is not significant. Exact for Gaussian means, also where the denominator is not significant: there it is
 * half-open, and [0, Infinity) where the numerator is not either.
 */
export const ratioInterval = (
  ratio: RatioOfMeans,
  level: number,
  degrees: number,
): { readonly low: number; readonly high: number } => {
  const q = twoSided(level, degrees) ** 2
  const { numerator: x, denominator: y } = ratio
  // {r : a r^2 - 2 b r + c <= 0}
  const a = y * y - q * ratio.varianceOfDenominator
  const b = x * y - q * ratio.covariance
  const c = x * x - q * ratio.varianceOfNumerator
  const all = { low: 0, high: Infinity }
  const discriminant = b * b - a * c
  // A significant denominator keeps the estimate itself in the set, so it is an interval about it.
  if (a > 0) {
    const root = Math.sqrt(Math.max(0, discriminant))
    return { low: Math.max(0, (b - root) / a), high: Math.max(0, (b + root) / a) }
  }
  // Else only a significant numerator excludes anything: the set is what lies outside of roots of opposite sign.
  if (!(c > 0)) return all
  const root = Math.sqrt(discriminant)
  // The positive root, in the form that does not cancel.
  return { low: b > 0 ? c / (b + root) : a === 0 ? Infinity : (b - root) / a, high: Infinity }
}
