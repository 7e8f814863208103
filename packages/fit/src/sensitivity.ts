import { etaText } from "./format.ts"
import type { Parabola } from "./law.ts"
import { type Estimate, isEstimate, notIdentified, type Result, standardErrorOf } from "./result.ts"
import { twoSided } from "./student.ts"

/**
 * Learning-rate sensitivity of one cell, nats:
 *
 *   s(B, T) = mean over eta in {2^-k, ..., 2^k} eta* (whole octaves) of L(eta) - L(eta*),   k = 1 by default.
 *
 * A definition of this package, made to be computable from a short profile; the notion, not the formula, is that of Wortsman et al. 2023
 * (arXiv 2309.14322), and the exact one of Filatov et al. 2024 is unknown to us. L is the fitted parabola plus the
 * linearly interpolated deviations of the measured losses from it. Not identified where a rate of the set lies outside
 * the sound rates. For the value relative to the loss, divide by `loss` of the cell.
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
  const model = (x: number) => parabola.minimum + 0.5 * parabola.curvature * (x - Math.log(parabola.center)) ** 2
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
  // First order: the excess scales with the curvature, and so does its error.
  const error = standardErrorOf(curvature)
  const spread = error === undefined ? undefined : Math.abs(value) * (error / curvature.value)
  const interval = eta.interval === undefined ? undefined : eta.interval.level
  const estimate: Estimate = {
    _tag: "Estimate",
    value,
    scale: "linear",
    standardError: spread ?? curvature.standardError,
    interval:
      spread === undefined || interval === undefined
        ? undefined
        : {
            low: value - twoSided(interval, Infinity) * spread,
            high: value + twoSided(interval, Infinity) * spread,
            level: interval,
          },
    n: readings.length,
    notes: [],
  }
  return estimate
}
