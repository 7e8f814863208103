import { type Bound, type Estimate, isEstimate, type Reason, type Result, unavailable } from "./result.ts"
import { twoSided } from "./student.ts"

const above: ReadonlyArray<Reason> = ["not-reached", "edge-high", "peak-above"]
const below: ReadonlyArray<Reason> = ["reference-too-large", "edge-low", "peak-below"]

/** A result as one number on its own scale (ln for `log`): infinite where only its side is known, NaN where nothing is. */
export const numberOf = (result: Result): number => {
  if (isEstimate(result)) return result.scale === "log" ? Math.log(result.value) : result.value
  if (above.includes(result.reason)) return Infinity
  if (below.includes(result.reason)) return -Infinity
  return NaN
}

/** Quantile of sorted numbers that may end in infinities. */
const quantile = (sorted: ReadonlyArray<number>, p: number): number => {
  const position = p * (sorted.length - 1)
  const low = sorted[Math.floor(position)]
  const high = sorted[Math.ceil(position)]
  // Between a number and infinity, or the two infinities, the one further out.
  if (!Number.isFinite(low) || !Number.isFinite(high)) return p < 0.5 ? low : high
  return low + (position - Math.floor(position)) * (high - low)
}

/** Normal probability below one standard deviation. */
const oneSigma = 0.8413447460685429

/** Share of resamples that must say something for their quantiles to count. */
const enough = 0.8

const noNoise = unavailable("No resamples: supply a noise level, repeat seeds, or add rates.")

/**
 * Gives a result the doubt that resamples of it show: half-open where they run off to one side. The noise that they were drawn with is itself
 * an estimate: the interval is wider by what Student's t asks for beyond the normal.
 *
 * @param degrees degrees of freedom behind the noise level
 */
export const withResamples = (
  result: Result,
  samples: ReadonlyArray<number>,
  level: number,
  degrees = Infinity,
): Result => {
  if (samples.length === 0) return isEstimate(result) ? { ...result, standardError: noNoise } : result
  const sorted = samples.filter((x) => !Number.isNaN(x)).sort((a, b) => a - b)
  if (sorted.length < enough * samples.length) return result
  const back = (x: number, log: boolean) => (log ? Math.exp(x) : x)
  if (!isEstimate(result)) return { ...result, ...boundOf(result.reason, result.bound, sorted, level) }
  const log = result.scale === "log"
  const center = numberOf(result)
  const stretch = twoSided(level, degrees) / twoSided(level, Infinity)
  const low = Math.min(center, center + stretch * (quantile(sorted, 0.5 - level / 2) - center))
  const high = Math.max(center, center + stretch * (quantile(sorted, 0.5 + level / 2) - center))
  const spread = (quantile(sorted, oneSigma) - quantile(sorted, 1 - oneSigma)) / 2
  return {
    ...result,
    standardError: Number.isFinite(spread)
      ? spread
      : { _tag: "Unavailable", message: "Many resamples leave the measured range: the interval is half-open." },
    interval: { low: back(low, log), high: back(high, log), level },
  }
}

const boundOf = (
  reason: Reason,
  bound: Bound | undefined,
  sorted: ReadonlyArray<number>,
  level: number,
): { readonly bound?: Bound } => {
  const side = above.includes(reason) ? "lower" : below.includes(reason) ? "upper" : undefined
  if (side === undefined) return bound === undefined ? {} : { bound }
  const limit = quantile(sorted, side === "lower" ? 1 - level : level)
  // Quantities with an open side are batches: their resamples are logarithms.
  if (Number.isFinite(limit)) return { bound: { [side]: Math.exp(limit), level } }
  return bound === undefined ? {} : { bound }
}

/** Widens an estimate whose own error is smaller than the spread of its resamples; never narrows it. */
export const atLeastResamples = (
  result: Result,
  samples: ReadonlyArray<number>,
  level: number,
  degrees = Infinity,
): Result => {
  if (!isEstimate(result) || samples.length === 0) return result
  const spread = withResamples(result, samples, level)
  if (!isEstimate(spread) || typeof spread.standardError !== "number") return result
  const error = spread.standardError
  const half = twoSided(level, degrees) * error
  const center = numberOf(result)
  const own = result.interval
  const log = result.scale === "log"
  const ownHalf = own === undefined ? 0 : (log ? Math.log(own.high / own.low) : own.high - own.low) / 2
  if (ownHalf >= half) return result
  const widened: Estimate = {
    ...result,
    standardError: error,
    interval: log
      ? { low: Math.exp(center - half), high: Math.exp(center + half), level }
      : { low: center - half, high: center + half, level },
  }
  return widened
}
