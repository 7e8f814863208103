import { leastSquares } from "./least-squares.ts"
import { studentQuantile } from "./student.ts"

/** Whether a curve is seen to rise towards a place and to fall from it on. */
export interface Turn {
  readonly rise: boolean
  readonly fall: boolean
}

const never: Turn = { rise: false, fall: false }

/**
 * Whether y rises up to `at` and falls from there by more than its errors: one-sided tests of the slopes of straight lines through the points
 * on either side, the one nearest to `at` belonging to both. Asks nothing of the form of the curve: a rise that slows down
 * is no turn.
 *
 * @param x ascending
 * @param weights 1/variance of each y
 * @param chance of a false verdict, each side
 * @param degrees degrees of freedom behind the variances
 */
export const turnAt = (
  x: ReadonlyArray<number>,
  y: ReadonlyArray<number>,
  weights: ReadonlyArray<number>,
  at: number,
  chance: number,
  degrees = Infinity,
): Turn => {
  if (x.length === 0) return never
  let near = 0
  for (let i = 1; i < x.length; i++) if (Math.abs(x[i] - at) < Math.abs(x[near] - at)) near = i
  const threshold = studentQuantile(1 - chance, degrees)
  const significance = (from: number, to: number): number => {
    const fit = leastSquares(
      x.slice(from, to).flatMap((v) => [1, v - x[near]]),
      y.slice(from, to),
      weights.slice(from, to),
      2,
    )
    return fit === undefined ? 0 : fit.coefficients[1] / Math.sqrt(fit.inverse[3])
  }
  return { rise: significance(0, near + 1) > threshold, fall: significance(near, x.length) < -threshold }
}
