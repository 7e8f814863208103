import { significant, tokensText } from "./format.ts"
import { ratioInterval } from "./ratio.ts"
import { type Estimate, notIdentified, type Result, unavailable } from "./result.ts"
import { InvalidOptionError, requireFraction } from "./validate.ts"

/** Mean squared norms of the gradient of the mean token loss at two batch sizes, tokens. */
export interface NoiseScaleReading {
  readonly small: number
  readonly big: number
  readonly squaredNormSmall: number
  readonly squaredNormBig: number
}

/** Unbiased estimates of |G|^2 and tr(Sigma) from one reading. */
const moments = ({ small, big, squaredNormSmall, squaredNormBig }: NoiseScaleReading) => ({
  signal: (big * squaredNormBig - small * squaredNormSmall) / (big - small),
  noise: (squaredNormSmall - squaredNormBig) / (1 / small - 1 / big),
})

/** Fewer readings than this say nothing of their own scatter. */
const fewest = 3

/**
 * The simple gradient noise scale tr(Sigma) / |G|^2, tokens, from readings at about the same point of training.
 *
 * McCandlish et al. 2018 (arXiv 1812.06162), appendix A: |G|^2 = (B_big |G_big|^2 - B_small |G_small|^2) / (B_big - B_small)
 * and tr(Sigma) = (|G_small|^2 - |G_big|^2) / (1/B_small - 1/B_big). Numerator and denominator are averaged apart, since the ratio of one reading
 * is biased and may be negative. The interval is Fieller's for a ratio of means, with Student's t over the readings: open above where |G|^2
 * is not told from zero, and then only a lower bound is known. The standard error of ln B is of first order.
 *
 * It is no critical batch size: B_simple assumes a Hessian like the identity, and Merrill et al. 2025 (arXiv 2505.23971) find it
 * orders of magnitude below the batch that still recovers.
 *
 * @param level coverage of the interval
 * @throws InvalidOptionError for norms or batch sizes that are not positive, a small batch not below the big one, or a level outside of (0, 1)
 */
export const noiseScale = (readings: ReadonlyArray<NoiseScaleReading>, level = 0.9): Result => {
  requireFraction("level", level)
  for (const reading of readings) {
    for (const [field, value] of Object.entries(reading)) {
      if (!(value > 0 && value < Number.POSITIVE_INFINITY))
        throw new InvalidOptionError(field, value, "a finite number above 0")
    }
    if (reading.small >= reading.big)
      throw new InvalidOptionError("small", reading.small, `below the big batch, ${reading.big}`)
  }
  const n = readings.length
  if (n === 0) return notIdentified("no-data", "No gradient norms were measured: ask a run for its noiseScale.", 0)
  const parts = readings.map(moments)
  const signal = parts.reduce((sum, part) => sum + part.signal, 0) / n
  const noise = parts.reduce((sum, part) => sum + part.noise, 0) / n
  /** Covariance of two of the means. */
  const covariance = (a: "signal" | "noise", b: "signal" | "noise") => {
    const mean = { signal, noise }
    return parts.reduce((sum, part) => sum + (part[a] - mean[a]) * (part[b] - mean[b]), 0) / (n * (n - 1))
  }
  const spread =
    n < fewest
      ? undefined
      : {
          varianceOfNumerator: covariance("noise", "noise"),
          varianceOfDenominator: covariance("signal", "signal"),
          covariance: covariance("noise", "signal"),
        }
  const interval =
    spread === undefined ? undefined : ratioInterval({ numerator: noise, denominator: signal, ...spread }, level, n - 1)
  const found = signal > 0 && noise > 0
  const empty = interval !== undefined && interval.low === 0 && interval.high === Infinity
  if (!found || empty) {
    const which = found ? "noise and mean are" : signal > 0 ? "noise is" : "mean is"
    // A mean that is told to be negative contradicts the model, so it bounds nothing.
    const bound =
      interval === undefined || empty
        ? undefined
        : signal > 0 && interval.high < Infinity
          ? { upper: interval.high, level }
          : signal <= 0 && interval.low > 0
            ? { lower: interval.low, level }
            : undefined
    return notIdentified(
      "ill-conditioned",
      `The gradient's ${which} not distinguishable from zero in ${n} reading${n === 1 ? "" : "s"}: take more samples, or batch sizes further apart.`,
      n,
      bound,
    )
  }
  const value = noise / signal
  const open = interval?.high === Infinity
  return {
    _tag: "Estimate",
    value,
    scale: "log",
    standardError:
      spread === undefined
        ? unavailable(`A standard error needs ${fewest} readings or more.`)
        : open
          ? unavailable("The mean gradient is not told from zero, so ln B has no finite error: see the interval.")
          : Math.sqrt(
              spread.varianceOfNumerator / noise ** 2 +
                spread.varianceOfDenominator / signal ** 2 -
                (2 * spread.covariance) / (noise * signal),
            ),
    interval: interval === undefined ? undefined : { ...interval, level },
    n,
    notes:
      open && interval !== undefined
        ? [
            `The mean gradient is not told from zero at ${significant(100 * level)} %: only that the noise scale exceeds ${tokensText(interval.low)} tokens is known.`,
          ]
        : [],
  } satisfies Estimate
}
