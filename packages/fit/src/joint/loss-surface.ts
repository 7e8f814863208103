import { counted, tokensText } from "../format.ts"
import type { LossSurface } from "../law.ts"
import { type Estimate, type NotIdentified, notIdentified, type Result } from "../result.ts"
import { unexplainedVariance } from "../scatter.ts"
import { twoSided } from "../student.ts"
import { type Levenberg, levenberg } from "./levenberg.ts"
import { factorsOf, type LowestLosses } from "./lowest-losses.ts"
import { forward } from "./objective.ts"

/**
 * Loss at the best rate as a law of batch and horizon:
 *
 *     L(B, T) = floor + (amount T_eff / T_0)^-exponent,   T_eff = T / (1 + B / B_bal(T)),   B_bal = balance (T / T_0)^growth
 *
 * A batch B needs 1 + B/B_bal times the data of a vanishing one: the hyperbola of McCandlish et al. 2018 (arXiv 1812.06162), Eq. 2.11, with
 * E_min/S_min = B_bal, at every horizon of a power law in the data (Hoffmann et al. 2022, arXiv 2203.15556, Eq. 10, at one size).
 *
 * Parameters: floor, ln of the reducible loss at T_0 and a vanishing batch, exponent, ln balance, growth.
 */
export const lossAt = (p: ArrayLike<number>, lnBatch: number, lnTokens: number, lnReference: number): number => {
  const t = lnTokens - lnReference
  const lnBalance = p[3] + p[4] * t
  return p[0] + Math.exp(p[1] - p[2] * (t - Math.log1p(Math.exp(lnBatch - lnBalance))))
}

const parameterCount = 5

/** Widest standard deviation of a logarithm that still counts as a number: a factor of two. */
const loosest = Math.LN2

/** Fits the law to the losses at the optima; generalised least squares, the noise of trunks included. */
export const lossSurface = (
  losses: LowestLosses,
  options: { readonly level: number; readonly noiseDegrees: number },
): LossSurface | NotIdentified => {
  const { cells, blocks } = losses
  const n = cells.length
  const batches = new Set(cells.map((cell) => cell.batch)).size
  const horizons = new Set(cells.map((cell) => cell.tokens)).size
  if (batches < 3 || horizons < 3)
    return notIdentified(
      batches < 3 ? "too-few-batches" : "too-few-horizons",
      `The loss at the best rate is known at ${counted(batches, "batch", "batches")} and ${counted(horizons, "horizon")}; its law needs three of each.`,
      n,
    )
  if (n <= parameterCount)
    return notIdentified(
      "too-few-cells",
      `The loss at the best rate is known in ${counted(n, "cell")}; its law needs more than ${parameterCount}.`,
      n,
    )
  const lnBatch = Float64Array.from(cells, (cell) => Math.log(cell.batch))
  const lnTokens = Float64Array.from(cells, (cell) => Math.log(cell.tokens))
  const reference = lnTokens.reduce((a, b) => a + b, 0) / n
  const fitWith = (scatter: number, starts: ReadonlyArray<ReadonlyArray<number>>): Levenberg | undefined => {
    const factors = factorsOf(losses, scatter)
    if (factors === undefined) return undefined
    const residuals = (p: Float64Array, out: Float64Array): void => {
      for (let i = 0; i < n; i++) out[i] = cells[i].loss - lossAt(p, lnBatch[i], lnTokens[i], reference)
      blocks.forEach((block, b) => {
        forward(factors[b], block.cells, out, block.first)
      })
    }
    let best: Levenberg | undefined
    for (const start of starts) {
      const found = levenberg(residuals, n, start)
      if (Number.isFinite(found.misfit) && (best === undefined || found.misfit < best.misfit)) best = found
    }
    return best
  }
  const degrees = n - parameterCount
  const starts = startsOf(losses, lnBatch)
  const first = fitWith(1e-6, starts)
  if (first === undefined) return unsettled(n)
  const scatter = unexplainedVariance(
    (variance) => fitWith(variance, [Array.from(first.parameters)])?.misfit ?? Infinity,
    degrees,
    1e-5,
  )
  const fit = fitWith(scatter, [Array.from(first.parameters), ...starts])
  if (fit?.covariance === undefined) return unsettled(n)
  return statements(fit, fit.covariance, {
    reference: Math.exp(reference),
    scatter: Math.sqrt(scatter),
    degrees: scatter > 0 ? Math.min(degrees, options.noiseDegrees) : options.noiseDegrees,
    level: options.level,
    cells: n,
    spread: Math.max(...cells.map((cell) => cell.loss)) - Math.min(...cells.map((cell) => cell.loss)),
  })
}

const unsettled = (n: number): NotIdentified =>
  notIdentified(
    "ill-conditioned",
    "Floor, exponent and balance batch of the loss cannot be told apart: measure more horizons, and batches that cost more data.",
    n,
  )

/** Floors below the lowest loss, and balance batches among and beyond the measured ones. */
const startsOf = ({ cells }: LowestLosses, lnBatch: Float64Array): ReadonlyArray<ReadonlyArray<number>> => {
  const lowest = cells.reduce((least, cell) => Math.min(least, cell.loss), Infinity)
  const mean = cells.reduce((sum, cell) => sum + cell.loss, 0) / cells.length
  const high = lnBatch.reduce((most, b) => Math.max(most, b), -Infinity)
  return [0.5, 0.8, 0.95].flatMap((share) =>
    [high - 1, high + 2].map((balance) => [
      share * lowest,
      Math.log(Math.max(1e-6, mean - share * lowest)),
      share === 0.5 ? 0.1 : 0.3,
      balance,
      0.5,
    ]),
  )
}

const statements = (
  fit: Levenberg,
  covariance: Float64Array,
  about: {
    readonly reference: number
    readonly scatter: number
    readonly degrees: number
    readonly level: number
    readonly cells: number
    /** Largest less smallest loss, nats. */
    readonly spread: number
  },
): LossSurface => {
  const { level, cells } = about
  const t = twoSided(level, about.degrees)
  const estimate = (k: number, scale: "linear" | "log"): Estimate => {
    const back = (x: number) => (scale === "log" ? Math.exp(x) : x)
    const value = fit.parameters[k]
    const error = Math.sqrt(covariance[k * (parameterCount + 1)])
    return {
      _tag: "Estimate",
      value: back(value),
      scale,
      standardError: error,
      interval: { low: back(value - t * error), high: back(value + t * error), level },
      n: cells,
      notes: [],
    }
  }
  const floor = estimate(0, "linear")
  const exponent = estimate(2, "linear")
  // A power that may be zero is a straight line in ln T and has no floor; nor has one whose floor is less known than all losses differ.
  const settled =
    exponent.interval !== undefined &&
    exponent.interval.low > 0 &&
    typeof floor.standardError === "number" &&
    floor.standardError < about.spread
  const straight = notIdentified(
    "ill-conditioned",
    "The losses fall like straight lines in ln T as far as measured, so that floor and exponent cannot be told apart: measure longer horizons.",
    cells,
  )
  const balance = estimate(3, "log")
  const known = typeof balance.standardError === "number" && balance.standardError < loosest
  const or = (result: Estimate): Result =>
    known
      ? result
      : notIdentified(
          "not-reached",
          `The batches measured hardly cost more data at ${tokensText(about.reference)} tokens: measure larger ones.`,
          cells,
          balance.interval === undefined ? undefined : { lower: balance.interval.low, level },
        )
  return {
    _tag: "LossSurface",
    reference: about.reference,
    floor: settled ? floor : straight,
    exponent: settled ? exponent : straight,
    balanceBatch: or(balance),
    growth: or(estimate(4, "linear")),
    parameters: [...fit.parameters],
    covariance: [...covariance],
    scatter: about.scatter,
    degrees: about.degrees,
    cells,
  }
}

/** Loss at the best rate of a run, nats, with the doubt of the law and of cells about it. */
export const lossOf = (surface: LossSurface, batch: number, tokens: number, level: number): Estimate => {
  const p = surface.parameters
  const at = (q: ArrayLike<number>) => lossAt(q, Math.log(batch), Math.log(tokens), Math.log(surface.reference))
  const gradient = p.map((value, k) => {
    const h = 1e-5 * Math.max(1, Math.abs(value))
    const moved = (by: number) => p.map((v, i) => (i === k ? v + by : v))
    return (at(moved(h)) - at(moved(-h))) / (2 * h)
  })
  let variance = surface.scatter ** 2
  for (let i = 0; i < p.length; i++)
    for (let j = 0; j < p.length; j++) variance += gradient[i] * surface.covariance[i * p.length + j] * gradient[j]
  const error = Math.sqrt(variance)
  const half = twoSided(level, surface.degrees) * error
  const value = at(p)
  return {
    _tag: "Estimate",
    value,
    scale: "linear",
    standardError: error,
    interval: { low: value - half, high: value + half, level },
    n: surface.cells,
    notes: [],
  }
}
