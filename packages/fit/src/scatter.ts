import { chiSquareQuantile } from "./student.ts"

/** Known errors are believed until the misfit contradicts them at the 10 % level. */
const believed = 0.9

/**
 * The variance, beyond the known errors of the points, with which a law just explains them: misfit = degrees of freedom (the moment estimate of
 * DerSimonian and Laird 1986, solved exactly). Zero as long as the known errors alone explain the misfit at the 10 % level.
 *
 * @param misfitAt weighted sum of squares of the law fitted again with this extra variance
 * @param start a variance of about the right size
 */
export const unexplainedVariance = (misfitAt: (variance: number) => number, degrees: number, start: number): number => {
  if (degrees < 1 || misfitAt(0) <= chiSquareQuantile(believed, degrees)) return 0
  let low = 0
  let high = start
  while (high < 1e6 * start && misfitAt(high) > degrees) {
    low = high
    high *= 4
  }
  // The misfit need not follow the variance without a jump: a variance of next to nothing is none worth finding.
  while (high - low > 1e-4 * high && high > 1e-12 * start) {
    const middle = 0.5 * (low + high)
    if (misfitAt(middle) > degrees) low = middle
    else high = middle
  }
  return high
}
