/**
 * Least squares with a power-law spectrum and one-hot covariates: sample i is drawn with probability
 * lambda_i ~ i^-a (summing to 1), its label is w*_i + sigma * noise, and lambda_i w*_i^2 ~ i^-b (summing to `signal`).
 * Only the mode that was drawn moves, so the second moments of all modes decouple and the risk is exact.
 *
 * The setting of Zhang et al. 2024 (arXiv 2410.21676), section on theory: exponents a, b > 1.
 */
export interface Problem {
  /** Exponent of the spectrum, > 1. */
  readonly a: number
  /** Exponent of the signal, > 1. */
  readonly b: number
  /** Number of modes; fewer than 20,000 bend the exponents of long horizons. */
  readonly modes: number
  /** Standard deviation of the label noise. */
  readonly sigma: number
  /** Excess risk at the start, w = 0. */
  readonly signal: number
}

export class ProblemError extends RangeError {
  readonly field: string
  constructor(field: string, value: unknown, wanted: string) {
    super(`least squares: ${field} is ${value}; it must be ${wanted}`)
    this.field = field
  }
}

export interface Modes {
  /** lambda_i, probability that a sample falls on mode i. */
  readonly probability: Float64Array
  /** Squared error (w_i - w*_i)^2 at the start. */
  readonly error: Float64Array
}

const positive = (field: string, value: number, above: number) => {
  if (!(value > above && Number.isFinite(value))) throw new ProblemError(field, value, `a finite number above ${above}`)
}

/** Modes are summed over once, when a problem is set up. */
const most = 2 ** 24

/** @throws {ProblemError} naming the field that is out of range */
export const validateProblem = ({ a, b, modes, sigma, signal }: Problem): void => {
  positive("a", a, 1)
  positive("b", b, 1)
  positive("signal", signal, 0)
  if (!(sigma >= 0 && Number.isFinite(sigma))) throw new ProblemError("sigma", sigma, "a finite number, at least 0")
  if (!Number.isInteger(modes) || modes < 1 || modes > most)
    throw new ProblemError("modes", modes, `a whole number from 1 to ${most}`)
}

/**
 * Every mode, one by one.
 *
 * @throws {ProblemError} naming the field that is out of range
 */
export const modesOf = (problem: Problem): Modes => {
  validateProblem(problem)
  const { a, b, modes, signal } = problem
  const power = (exponent: number, total: number) => {
    const values = Float64Array.from({ length: modes }, (_, i) => (i + 1) ** -exponent)
    const sum = values.reduce((x, y) => x + y, 0)
    return values.map((value) => (value / sum) * total)
  }
  const probability = power(a, 1)
  return { probability, error: power(b, signal).map((energy, i) => energy / probability[i]!) }
}
