/**
 * Second moments of stochastic gradient descent and of its averages, mode by mode, exactly.
 *
 * With step gamma and batch B, mode i (probability p) is hit c ~ Binomial(B, p) times and its error moves as
 * e' = (1 - gamma c / B) e + (gamma / B) sigma sqrt(c) xi. Hence, with r = 1 - gamma p,
 *
 *     E e'^2 = q E e^2 + u,   q = 1 - 2 gamma p + gamma^2 (p^2 (1 - 1/B) + p / B),   u = gamma^2 sigma^2 p / B,
 *     E[e' x] = r E[e x]      for anything x known before the step.
 *
 * A running sum s' = keep * s + add * e' (uniform average: keep = add = 1; exponential: keep = decay, add = 1 - decay)
 * follows linearly, so k equal steps are one affine map to the k-th power, found by repeated squaring.
 */
import { type Modes, modesOf, type Problem } from "./problem.ts"

/** What is averaged: all iterates since the first step alike, or exponentially forgotten ones. */
export type Average = "uniform" | { readonly decay: number }

/** Equal steps in a row. */
export interface Segment {
  readonly steps: number
  /** Step size. */
  readonly gamma: number
  /** Samples in a batch. */
  readonly batch: number
}

/** E e^2, E[e s], E s^2 per mode; all zero sums before the first step. */
interface State {
  readonly ee: Float64Array
  readonly es: Float64Array
  readonly ss: Float64Array
}

export interface Descent {
  /** Takes the segment's steps. */
  readonly advance: (segment: Segment) => void
  readonly steps: () => number
  /** Excess risk sum_i lambda_i E (w_i - w*_i)^2 of the last iterate. */
  readonly risk: () => number
  /** Excess risk of the average; the exponential one is bias-corrected. */
  readonly averagedRisk: () => number
}

/**
 * The lower-triangular map (ee, es, ss) -> (m00 ee + k0, m10 ee + m11 es + k1, m20 ee + m21 es + m22 ss + k2)
 * raised to the n-th power and applied, by repeated squaring.
 */
const applyPower = (
  n: number,
  [m00, m10, m11, m20, m21, m22, k0, k1, k2]: readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ],
  state: readonly [number, number, number],
): [number, number, number] => {
  let [ee, es, ss] = state
  while (n > 0) {
    if (n % 2 === 1) {
      ss = m20 * ee + m21 * es + m22 * ss + k2
      es = m10 * ee + m11 * es + k1
      ee = m00 * ee + k0
    }
    n = Math.floor(n / 2)
    if (n > 0) {
      // The map after itself: offsets first, since they use the old matrix.
      k2 = m20 * k0 + m21 * k1 + m22 * k2 + k2
      k1 = m10 * k0 + m11 * k1 + k1
      k0 = m00 * k0 + k0
      m20 = m20 * m00 + m21 * m10 + m22 * m20
      m21 = m21 * m11 + m22 * m21
      m22 = m22 * m22
      m10 = m10 * m00 + m11 * m10
      m11 = m11 * m11
      m00 = m00 * m00
    }
  }
  return [ee, es, ss]
}

const advance = (modes: Modes, sigma: number, average: Average, state: State, { steps, gamma, batch }: Segment) => {
  const keep = average === "uniform" ? 1 : average.decay
  const add = average === "uniform" ? 1 : 1 - average.decay
  for (let i = 0; i < modes.probability.length; i++) {
    const p = modes.probability[i]!
    const r = 1 - gamma * p
    const q = 1 - 2 * gamma * p + gamma * gamma * (p * p * (1 - 1 / batch) + p / batch)
    const u = (gamma * gamma * sigma * sigma * p) / batch
    // ee' = q ee + u;  es' = keep r es + add ee';  ss' = keep^2 ss + 2 keep add r es + add^2 ee'.
    const [ee, es, ss] = applyPower(
      steps,
      [q, add * q, keep * r, add * add * q, 2 * keep * add * r, keep * keep, u, add * u, add * add * u],
      [state.ee[i]!, state.es[i]!, state.ss[i]!],
    )
    state.ee[i] = ee
    state.es[i] = es
    state.ss[i] = ss
  }
}

const weighted = (probability: Float64Array, moment: Float64Array): number => {
  let sum = 0
  for (let i = probability.length - 1; i >= 0; i--) sum += probability[i]! * moment[i]!
  return sum
}

/** Descent from w = 0. */
export const descent = (problem: Problem, average: Average): Descent => {
  const modes = modesOf(problem)
  const n = modes.probability.length
  const state: State = { ee: modes.error.slice(), es: new Float64Array(n), ss: new Float64Array(n) }
  let taken = 0
  return {
    advance: (segment) => {
      advance(modes, problem.sigma, average, state, segment)
      taken += segment.steps
    },
    steps: () => taken,
    risk: () => weighted(modes.probability, state.ee),
    averagedRisk: () => {
      const mass = average === "uniform" ? taken : 1 - average.decay ** taken
      return weighted(modes.probability, state.ss) / (mass * mass)
    },
  }
}
