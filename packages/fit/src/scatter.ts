/** A fit with weights 1/(error^2 + variance): what is left, weighted, and its degrees of freedom. */
export interface Leftover {
  readonly residual: number
  readonly degrees: number
}

/**
 * The variance, beyond the errors of the points, with which a law just explains them: weighted residual = degrees of freedom. Zero where
 * the errors alone explain them. (The method-of-moments estimate of DerSimonian and Laird 1986, solved exactly.)
 *
 * @param fitAt refits with the given extra variance
 * @param start a variance that surely suffices, such as a few times the unweighted one
 */
export const explainingVariance = (fitAt: (variance: number) => Leftover | undefined, start: number): number => {
  const excess = (variance: number): number => {
    const fit = fitAt(variance)
    return fit === undefined ? 0 : fit.residual - fit.degrees
  }
  if (!(excess(0) > 0)) return 0
  let low = 0
  let high = start
  for (let i = 0; i < 40; i++) {
    const middle = 0.5 * (low + high)
    if (excess(middle) > 0) low = middle
    else high = middle
  }
  return high
}
