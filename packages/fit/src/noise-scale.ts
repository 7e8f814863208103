import { type Estimate, notIdentified, type Result, unavailable } from "./result.ts"
import { studentQuantile } from "./student.ts"
import { InvalidOptionError } from "./validate.ts"

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

/**
 * The simple gradient noise scale tr(Sigma) / |G|^2, tokens, from readings at about the same point of training.
 *
 * McCandlish et al. 2018 (arXiv 1812.06162), appendix A: |G|^2 = (B_big |G_big|^2 - B_small |G_small|^2) / (B_big - B_small)
 * and tr(Sigma) = (|G_small|^2 - |G_big|^2) / (1/B_small - 1/B_big). Numerator and denominator are averaged apart, since the ratio of one reading
 * is biased and may be negative; the standard error is the jackknife's over readings. It is no critical batch size: B_simple assumes
 * a Hessian like the identity.
 *
 * @throws InvalidOptionError for norms or batch sizes that are not positive, or a small batch not below the big one
 */
export const noiseScale = (readings: ReadonlyArray<NoiseScaleReading>, level = 0.9): Result => {
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
  const signal = parts.reduce((sum, part) => sum + part.signal, 0)
  const noise = parts.reduce((sum, part) => sum + part.noise, 0)
  if (!(signal > 0 && noise > 0)) {
    return notIdentified(
      "ill-conditioned",
      `The gradient's ${signal > 0 ? "noise" : "mean"} is not distinguishable from zero in ${n} reading${n === 1 ? "" : "s"}: take more samples, or batch sizes further apart.`,
      n,
    )
  }
  const value = noise / signal
  // ln of the estimate with each reading left out; a part without a sign has no logarithm and ends the jackknife.
  const left = parts.map((part) => Math.log((noise - part.noise) / (signal - part.signal)))
  const known = n >= 3 && left.every(Number.isFinite)
  const mean = left.reduce((sum, x) => sum + x, 0) / n
  const error = Math.sqrt(((n - 1) / n) * left.reduce((sum, x) => sum + (x - mean) ** 2, 0))
  const reach = known ? studentQuantile((1 + level) / 2, n - 1) * error : 0
  return {
    _tag: "Estimate",
    value,
    scale: "log",
    standardError: known ? error : unavailable("A standard error needs three readings or more."),
    interval: known ? { low: value * Math.exp(-reach), high: value * Math.exp(reach), level } : undefined,
    n,
    notes: [],
  } satisfies Estimate
}
