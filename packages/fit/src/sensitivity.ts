import { etaText } from "./format.ts"
import type { Parabola } from "./law.ts"
import { type Estimate, isEstimate, notIdentified, type Result, standardErrorOf } from "./result.ts"
import { profileLoss } from "./skewed.ts"

/**
 * Learning-rate sensitivity of one cell (batch, horizon), nats per token: what a rate wrong by up to k octaves costs on average,
 *
 *   s(B, T) = 1/(2k + 1) sum over j = -k ... k of [ L(2^j eta*) - L(eta*) ],   k = 1 by default, so a factor of two either way.
 *
 * The term j = 0 is zero and counts in the mean. L is the fitted curve plus the linearly interpolated deviations of the measured losses
 * from it, L(eta*) the curve's minimum. For a parabola with curvature c = d2L/d(ln eta)^2 it is c (ln 2)^2 k(k + 1)/6. It is absolute, in nats;
 * `relativeSensitivity` divides by L(eta*). Not identified where a rate of the set lies outside the sound rates. The error is that of
 * the curvature, scaled: first order, and without the noise of readings outside the fitted window.
 *
 * A definition of this package, made to be computable from a short profile about its own optimum. The sensitivity of
 * Wortsman et al. 2023 (arXiv 2309.14322) is `rangeSensitivity`; that of Filatov et al. 2024 (arXiv 2410.05838) is not known to us.
 *
 * @param readings sound points of the profile (rate, loss)
 */
export const sensitivity = (
  parabola: Parabola | undefined,
  eta: Result,
  curvature: Result,
  readings: ReadonlyArray<{ readonly eta: number; readonly loss: number }>,
  octaves = 1,
): Result => {
  if (!isEstimate(eta) || parabola === undefined || !isEstimate(curvature))
    return notIdentified("depends", "Needs an identified optimum of the profile.", readings.length)
  const model = (x: number) => profileLoss(parabola, x)
  const byRate = new Map<number, { sum: number; count: number }>()
  for (const r of readings) {
    const x = Math.log(r.eta)
    const entry = byRate.get(x)
    if (entry === undefined) byRate.set(x, { sum: r.loss, count: 1 })
    else {
      entry.sum += r.loss
      entry.count++
    }
  }
  const knots = [...byRate.entries()]
    .map(([x, { sum, count }]) => ({ x, off: sum / count - model(x) }))
    .sort((a, b) => a.x - b.x)
  let total = 0
  for (let k = -octaves; k <= octaves; k++) {
    const x = Math.log(eta.value) + k * Math.LN2
    if (k === 0) continue
    const i = knots.findIndex((knot) => knot.x >= x - 1e-9)
    if (i < 0 || (i === 0 && knots[0].x > x + 1e-9))
      return notIdentified(
        k < 0 ? "edge-low" : "edge-high",
        `No sound learning rate beyond ${etaText(Math.exp(x))}, ${Math.abs(k)} octave${Math.abs(k) === 1 ? "" : "s"} from the optimum: add ${k < 0 ? "smaller" : "larger"} rates.`,
        readings.length,
      )
    const right = knots[i]
    const left = knots[Math.max(0, i - 1)]
    const share = right.x === left.x ? 1 : Math.min(1, Math.max(0, (x - left.x) / (right.x - left.x)))
    const off = left.off * (1 - share) + right.off * share
    total += model(x) + off - parabola.minimum
  }
  const value = total / (2 * octaves + 1)
  // First order: the excess scales with the curvature, and so do its error and the ends of its interval.
  const error = standardErrorOf(curvature)
  const part = Math.abs(value) / curvature.value
  const { interval } = curvature
  const estimate: Estimate = {
    _tag: "Estimate",
    value,
    scale: "linear",
    standardError: error === undefined ? curvature.standardError : part * error,
    interval:
      interval === undefined
        ? undefined
        : {
            low: Math.max(0, value - part * (curvature.value - interval.low)),
            high: value + part * (interval.high - curvature.value),
            level: interval.level,
          },
    n: readings.length,
    notes: [],
  }
  return estimate
}

/**
 * The sensitivity as a fraction of the loss at the optimum, s / L(eta*): for comparing models or data of different loss. The loss is
 * known far better than s, so its error is left out.
 */
export const relativeSensitivity = (sensitivity: Result, loss: Result): Result => {
  if (!isEstimate(sensitivity)) return sensitivity
  if (!isEstimate(loss) || !(loss.value > 0))
    return notIdentified("depends", "Needs the loss at an identified optimum.", sensitivity.n)
  const { value, standardError, interval } = sensitivity
  return {
    ...sensitivity,
    value: value / loss.value,
    standardError: typeof standardError === "number" ? standardError / loss.value : standardError,
    interval:
      interval === undefined
        ? undefined
        : { ...interval, low: interval.low / loss.value, high: interval.high / loss.value },
  }
}
