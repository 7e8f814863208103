import { tokensText } from "./format.ts"
import type { Bell } from "./law.ts"
import { type Bound, type Estimate, type NotIdentified, notIdentified, type Reason, type Result } from "./result.ts"
import { fitSeparable, likelihoodBound, type SeparableFit, type SeparableProblem } from "./separable.ts"
import { scatterOf, studentQuantile } from "./student.ts"
import { type Turn, turnAt } from "./turn.ts"
import { requireFraction } from "./validate.ts"

/** eta* at one batch, with the standard error of ln eta* where known. */
export interface BellPoint {
  readonly batch: number
  readonly eta: number
  readonly standardError: number | undefined
}

/**
 * eta*(B) = eta_crit / (0.5 (sqrt(B/B_crit) + sqrt(B_crit/B))): rises like sqrt(B), peaks with height eta_crit at B_crit, falls.
 * Filatov et al. 2024 (arXiv 2410.05838), Eq. 3.1, after Li et al. 2024 (arXiv 2405.14578).
 *
 * @param batch tokens
 */
export const bellEta = (batch: number, peakBatch: number, peakEta: number): number =>
  peakEta / Math.cosh(0.5 * Math.log(batch / peakBatch))

/** ln bell = v - ln cosh((b - u)/2), with its straight limits for a peak infinitely far away (up to a constant). */
const shape = (b: number, u: number): number => {
  if (u === Infinity) return b / 2
  if (u === -Infinity) return -b / 2
  const half = Math.abs(b - u) / 2
  return -(half + Math.log1p(Math.exp(-2 * half)) - Math.LN2)
}

/** Widest standard deviation of ln B_crit that still counts as a number. */
const loosest = 1

/**
 * Fits the bell at one horizon, in ln eta*, weighted by the cells' errors; where any error is unknown, unweighted.
 *
 * The level is eliminated, and the likelihood of ln B_crit searched as a curve. The peak is identified where eta* itself is seen
 * to rise and to fall again about it (`turnAt`, at (1 - level)/2 on each side), the likelihood falls on both sides, the peak lies
 * strictly inside the measured batches and its error is below a factor e. Without the first, the mere bend of a slow rise would
 * pass for a peak, since the bell knows no other slope than 1/2. Otherwise only a bound is reported, on the side that was seen.
 * Errors are scaled up where the cells scatter about the bell by more than their errors allow.
 */
export const bell = (
  points: ReadonlyArray<BellPoint>,
  options: {
    readonly tokens?: number
    readonly level?: number
    /** Degrees of freedom behind the standard errors. Default: known exactly. */
    readonly errorDegrees?: number
  } = {},
): Bell => {
  const level = options.level ?? 0.9
  requireFraction("level", level)
  const sorted = [...points].sort((a, b) => a.batch - b.batch)
  const both = (why: NotIdentified): Bell => ({
    tokens: options.tokens ?? 0,
    peakBatch: why,
    peakEta: notIdentified(why.reason, why.message, why.points),
    points: sorted,
  })
  const batches = new Set(sorted.map((p) => p.batch)).size
  const n = sorted.length
  if (batches < 3)
    return both(
      notIdentified(
        "too-few-batches",
        `eta* is known at ${batches} batch size${batches === 1 ? "" : "s"}; the peak of eta*(B) needs at least three: measure more batches.`,
        n,
      ),
    )
  const weighted = sorted.every((p) => p.standardError !== undefined && p.standardError > 0)
  const b = sorted.map((p) => Math.log(p.batch))
  const [lowest, highest] = [b[0], b[n - 1]]
  const problem: SeparableProblem = {
    y: sorted.map((p) => Math.log(p.eta)),
    weights: sorted.map((p) => (weighted ? (p.standardError as number) ** -2 : 1)),
    shape: (i, u) => shape(b[i], u),
    from: lowest - 12,
    to: highest + 12,
  }
  const fit = fitSeparable(problem)
  const { scale, degrees } = scatterOf(fit.residual, fit.degrees, weighted, options.errorDegrees)
  const bound = (p: number, side: "low" | "high") =>
    likelihoodBound(fit, problem, scale * studentQuantile(p, degrees) ** 2, side)
  const low = bound(0.5 + level / 2, "low")
  const high = bound(0.5 + level / 2, "high")
  const deviation = Math.sqrt(scale / fit.information)
  const inside = fit.u > lowest && fit.u < highest
  const believed = problem.weights.map((w) => w / Math.max(scale, 1e-200))
  const seen = turnAt(b, problem.y, believed, fit.u, 0.5 - level / 2, degrees)
  if (seen.rise && seen.fall && Number.isFinite(low) && Number.isFinite(high) && inside && deviation < loosest)
    return identified(fit, { low, high, level }, deviation, scale, sorted, options.tokens ?? 0, degrees)
  return both(unidentified(fit, seen, low, high, level, [lowest, highest], n))
}

const identified = (
  fit: SeparableFit,
  u: { readonly low: number; readonly high: number; readonly level: number },
  deviation: number,
  scale: number,
  points: ReadonlyArray<BellPoint>,
  tokens: number,
  degrees: number,
): Bell => {
  const n = points.length
  const peakBatch: Estimate = {
    _tag: "Estimate",
    value: Math.exp(fit.u),
    scale: "log",
    standardError: deviation,
    interval: { low: Math.exp(u.low), high: Math.exp(u.high), level: u.level },
    n,
    notes: scale === 1 ? [] : ["Its doubt comes from the scatter of the cells about the bell."],
  }
  return { tokens, points, peakBatch, peakEta: heightOf(fit, scale, deviation, u.level, points, degrees) }
}

/** Height of the peak: Var v = scale / sum w + (dv/du)^2 Var u. */
const heightOf = (
  fit: SeparableFit,
  scale: number,
  deviation: number,
  level: number,
  points: ReadonlyArray<BellPoint>,
  degrees: number,
): Result => {
  const error = Math.sqrt(scale / fit.weight + (fit.levelSlope * deviation) ** 2)
  const half = studentQuantile(0.5 + level / 2, degrees) * error
  return {
    _tag: "Estimate",
    value: Math.exp(fit.v),
    scale: "log",
    standardError: error,
    interval: { low: Math.exp(fit.v - half), high: Math.exp(fit.v + half), level },
    n: points.length,
    notes: [],
  }
}

const unidentified = (
  fit: SeparableFit,
  seen: Turn,
  low: number,
  high: number,
  level: number,
  range: readonly [number, number],
  n: number,
): NotIdentified => {
  // Far outside the batches every peak looks alike: a bound stays within three octaves of them.
  const reach = 3 * Math.LN2
  const lower =
    seen.rise && Number.isFinite(low) && low > range[0] - reach ? Math.exp(Math.min(low, range[1] + reach)) : undefined
  const upper =
    seen.fall && Number.isFinite(high) && high < range[1] + reach
      ? Math.exp(Math.max(high, range[0] - reach))
      : undefined
  const bound: Bound | undefined =
    lower === undefined && upper === undefined
      ? undefined
      : { ...(lower === undefined ? {} : { lower }), ...(upper === undefined ? {} : { upper }), level }
  const say = (reason: Reason, message: string) => notIdentified(reason, message, n, bound)
  const [smallest, largest] = [tokensText(Math.exp(range[0])), tokensText(Math.exp(range[1]))]
  if (lower !== undefined && upper === undefined)
    return say("peak-above", `eta* shows no fall up to the largest batch ${largest}: measure larger batches.`)
  if (upper !== undefined && lower === undefined)
    return say("peak-below", `eta* shows no rise from the smallest batch ${smallest} on: measure smaller batches.`)
  if (lower !== undefined && upper !== undefined) {
    if (fit.u >= range[1])
      return say("peak-above", "The fitted peak lies beyond the largest batch measured: measure larger batches.")
    if (fit.u <= range[0])
      return say("peak-below", "The fitted peak lies before the smallest batch measured: measure smaller batches.")
  }
  return say(
    "flat",
    `eta* neither rises nor falls beyond its errors between ${smallest} and ${largest} tokens: add batches further apart, seeds or finer rates.`,
  )
}
