/**
 * The model's critical batch by loss: the largest batch that still reaches, with its own best step size, 1.2 times the excess risk of the best
 * batch on the same samples.
 */
import { type Average, validateAverage } from "./average.ts"
import { descentOn } from "./descent.ts"
import { type Nodes, nodesOf } from "./nodes.ts"
import { type Problem, ProblemError } from "./problem.ts"

/** Excess risk of a run of equal steps from w = 0; a tail has the last round(tail * steps) iterates, at least one. */
const riskOf = (nodes: Nodes, sigma: number, average: Average, steps: number, gamma: number, batch: number): number => {
  const descent = descentOn(nodes, sigma)
  const advance = (count: number) => {
    if (count > 0) descent.advance([{ steps: count, gamma, batch }])
  }
  const tail =
    average === "uniform" ? steps : typeof average === "object" && "tail" in average ? average.tail * steps : 0
  const since = tail === 0 ? 0 : steps - Math.max(1, Math.round(tail))
  advance(since)
  const risk =
    average === "last"
      ? descent.risk
      : descent.average(typeof average === "object" && "decay" in average ? average.decay : undefined)
  advance(steps - since)
  const found = risk()
  return Number.isFinite(found) ? found : Number.POSITIVE_INFINITY
}

const golden = (Math.sqrt(5) - 1) / 2

/** Lowest value of a function of one variable: the best of a grid with this spacing, then golden sections about it. */
const minimum = (f: (x: number) => number, from: number, to: number, spacing: number) => {
  let best = { x: from, value: f(from) }
  for (let x = from + spacing; x <= to; x += spacing) {
    const value = f(x)
    if (value < best.value) best = { x, value }
  }
  let [low, high] = [best.x - spacing, Math.min(to, best.x + spacing)]
  const inner = (x: number) => ({ x, value: f(x) })
  let [left, right] = [inner(high - golden * (high - low)), inner(low + golden * (high - low))]
  for (let i = 0; i < 14; i++) {
    if (left.value < right.value) {
      high = right.x
      right = left
      left = inner(high - golden * (high - low))
    } else {
      low = left.x
      left = right
      right = inner(low + golden * (high - low))
    }
  }
  return [left, right].reduce((a, b) => (b.value < a.value ? b : a), best)
}

export interface BestRisk {
  /** Excess risk at the best constant step size. */
  readonly risk: number
  /** That step size. */
  readonly gamma: number
}

/**
 * Octaves of step sizes up to 1 / lambda_1 that are searched. Above, the first mode overshoots at every step, and an average over an even number of
 * steps can cancel it by accident.
 */
const octaves = 24

const bestOn = (nodes: Nodes, sigma: number, average: Average, samples: number, batch: number): BestRisk => {
  const steps = Math.max(1, Math.round(samples / batch))
  const limit = -Math.log2(nodes.probability[0]!)
  const risk = (x: number) => riskOf(nodes, sigma, average, steps, 2 ** x, samples / steps)
  const { x, value } = minimum(risk, limit - octaves, limit, 1)
  return { risk: value, gamma: 2 ** x }
}

/**
 * The best constant step size up to 1 / lambda_1 for so many samples in batches of about `batch`, as near to it as a whole number of steps allows.
 *
 * @throws {ProblemError} naming the field that is out of range
 */
export const bestRisk = (problem: Problem, average: Average, samples: number, batch: number): BestRisk => {
  check(average, samples)
  if (!(batch >= 1 && batch <= samples)) throw new ProblemError("batch", batch, `from 1 to the ${samples} samples`)
  return bestOn(nodesOf(problem), problem.sigma, average, samples, batch)
}

const check = (average: Average, samples: number) => {
  validateAverage(average)
  if (!(samples >= 1 && samples < Number.POSITIVE_INFINITY))
    throw new ProblemError("samples", samples, "a finite number, at least 1")
}

/**
 * B*: the largest batch, a real number, whose best excess risk on `samples` samples is within `1 + overhead` times the lowest over batches from 1
 * up. Batches are searched in octaves, then bisected.
 *
 * @throws {ProblemError} naming the field that is out of range
 */
export const harmlessBatch = (problem: Problem, average: Average, samples: number, overhead = 0.2): number => {
  check(average, samples)
  if (!(overhead > 0)) throw new ProblemError("overhead", overhead, "above 0")
  const nodes = nodesOf(problem)
  const risk = (x: number) => bestOn(nodes, problem.sigma, average, samples, 2 ** x).risk
  const risks = Array.from({ length: Math.floor(Math.log2(samples)) + 1 }, (_, x) => risk(x))
  const bound = (1 + overhead) * Math.min(...risks)
  let low = risks.findLastIndex((value) => value <= bound)
  let high = low + 1
  if (high === risks.length) return 2 ** low
  for (let i = 0; i < 12; i++) {
    const middle = (low + high) / 2
    if (risk(middle) <= bound) low = middle
    else high = middle
  }
  return 2 ** low
}

/**
 * The theory's exponent e of B* ~ samples^e: 1 - a / min(b, 2a + 1) averaging from the first step (Zhang et al. 2024, arXiv 2410.21676; for
 * b <= a it is 0), 1 - a / b over a tail. Undefined where there is no such law: the last iterate of a constant step keeps its noise.
 */
export const batchExponent = ({ a, b }: Pick<Problem, "a" | "b">, average: Average): number | undefined =>
  average === "uniform"
    ? Math.max(0, 1 - a / Math.min(b, 2 * a + 1))
    : typeof average === "object" && "tail" in average
      ? Math.max(0, 1 - a / b)
      : undefined

/** Least-squares slope of ln y in ln x. */
export const logSlope = (x: ReadonlyArray<number>, y: ReadonlyArray<number>): number => {
  const mean = (values: ReadonlyArray<number>) => values.reduce((sum, v) => sum + v, 0) / values.length
  const [u, v] = [x.map(Math.log), y.map(Math.log)]
  const [mu, mv] = [mean(u), mean(v)]
  return u.reduce((sum, ui, i) => sum + (ui - mu) * (v[i]! - mv), 0) / u.reduce((sum, ui) => sum + (ui - mu) ** 2, 0)
}
