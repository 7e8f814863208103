import { goldenSection } from "./golden-section.ts"

/**
 * Laws with one shape parameter u and one level v: y = v + g(x; u). For every u the best v is a weighted mean, so the whole
 * likelihood is a curve over u. It can be searched without a starting point and shows at a glance on which side u is bounded.
 */
export interface SeparableProblem {
  readonly y: ReadonlyArray<number>
  readonly weights: ReadonlyArray<number>
  /** g(x_i; u); u may be -Infinity or +Infinity and then gives the limiting shape, up to a constant. */
  readonly shape: (i: number, u: number) => number
  /** Range in which u is searched. */
  readonly from: number
  readonly to: number
}

export interface SeparableFit {
  readonly u: number
  readonly v: number
  /** Weighted sum of squares at the best u. */
  readonly residual: number
  readonly degrees: number
  /** Weighted sum of squares at any u, the level being fitted. */
  readonly residualAt: (u: number) => number
  readonly levelAt: (u: number) => number
  /** Fisher information of u, the level being fitted: its variance is 1/information for data of variance 1/weight. */
  readonly information: number
  /** dv/du along the best levels. */
  readonly levelSlope: number
  /** Sum of the weights: the variance of v at a given u is 1/weight. */
  readonly weight: number
}

/** Newton on the numerical derivative: golden section stops at the square root of machine precision. */
const polish = (f: (x: number) => number, u: number): number => {
  const h = 1e-3
  let x = u
  for (let i = 0; i < 8; i++) {
    const slope = (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)
    const bend = (f(x + h) - 2 * f(x) + f(x - h)) / (h * h)
    if (!(bend > 0)) break
    const step = slope / bend
    if (!(Math.abs(step) < 1e-3)) break
    x -= step
    if (Math.abs(step) < 1e-13) break
  }
  return x
}

export const fitSeparable = (problem: SeparableProblem): SeparableFit => {
  const { y, weights, shape } = problem
  const n = y.length
  let total = 0
  for (const w of weights) total += w
  const levelAt = (u: number): number => {
    let sum = 0
    for (let i = 0; i < n; i++) sum += weights[i] * (y[i] - shape(i, u))
    return sum / total
  }
  const residualAt = (u: number): number => {
    const v = levelAt(u)
    let sum = 0
    for (let i = 0; i < n; i++) sum += weights[i] * (y[i] - v - shape(i, u)) ** 2
    return sum
  }
  const steps = Math.ceil((problem.to - problem.from) / 0.25)
  const width = (problem.to - problem.from) / steps
  let best = problem.from
  let lowest = Infinity
  for (let k = 0; k <= steps; k++) {
    const u = problem.from + k * width
    const value = residualAt(u)
    if (value < lowest) {
      lowest = value
      best = u
    }
  }
  const low = Math.max(problem.from, best - width)
  const high = Math.min(problem.to, best + width)
  let u = polish(residualAt, goldenSection(residualAt, low, high, 1e-9))
  if (!(u >= low && u <= high)) u = best
  const h = 1e-4
  const slopes = y.map((_, i) => (shape(i, u + h) - shape(i, u - h)) / (2 * h))
  const mean = slopes.reduce((sum, g, i) => sum + weights[i] * g, 0) / total
  const information = slopes.reduce((sum, g, i) => sum + weights[i] * (g - mean) ** 2, 0)
  return {
    u,
    v: levelAt(u),
    residual: residualAt(u),
    degrees: n - 2,
    residualAt,
    levelAt,
    information,
    levelSlope: -mean,
    weight: total,
  }
}

/**
 * Where the likelihood falls by `rise` in the weighted sum of squares on one side of the optimum; infinite where it never
 * does, not even for the limiting shape.
 */
export const likelihoodBound = (
  fit: SeparableFit,
  problem: SeparableProblem,
  rise: number,
  side: "low" | "high",
): number => {
  const sign = side === "low" ? -1 : 1
  const excess = (u: number) => fit.residualAt(u) - fit.residual - rise
  if (!(excess(sign * Infinity) > 0)) return sign * Infinity
  let inner = fit.u
  let step = 0.01
  let outer = inner + sign * step
  const reach = problem.to - problem.from
  while (!(excess(outer) > 0)) {
    if (step > 4 * reach) return sign * Infinity
    inner = outer
    step *= 1.5
    outer = inner + sign * step
  }
  for (let i = 0; i < 100 && Math.abs(outer - inner) > 1e-12; i++) {
    const middle = 0.5 * (inner + outer)
    if (excess(middle) > 0) outer = middle
    else inner = middle
  }
  return 0.5 * (inner + outer)
}
