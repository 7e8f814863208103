import { counted, tokensText } from "./format.ts"
import type { PowerLaw } from "./law.ts"
import { leastSquares } from "./least-squares.ts"
import { type Estimate, isEstimate, type NotIdentified, notIdentified, type Result, standardErrorOf } from "./result.ts"
import { scatterOf, twoSided } from "./student.ts"
import { requireFraction, requirePositive } from "./validate.ts"

/** A quantity at one horizon (tokens); a result that is not identified counts as known to be unknown. */
export interface HorizonPoint {
  readonly tokens: number
  readonly y: Result
}

interface KnownPoint extends HorizonPoint {
  readonly y: Estimate
}

/**
 * ln y = a + alpha ln T by weighted least squares. Errors of the points are used where all are known and scaled up where the
 * points scatter about the line by more than they allow (Student's t with n - 2 degrees of freedom then takes the place of
 * the normal); where any is unknown the doubt comes from the scatter alone. Fewer than three identified horizons are
 * no law.
 *
 * @throws InvalidOptionError for a horizon or value that is not positive
 */
export const powerLaw = (
  points: ReadonlyArray<HorizonPoint>,
  options: {
    readonly level?: number
    /** What y is, for messages. */
    readonly name?: string
    /** Degrees of freedom behind the standard errors of the points. Default: known exactly. */
    readonly errorDegrees?: number
  } = {},
): PowerLaw => {
  const level = options.level ?? 0.9
  requireFraction("level", level)
  const name = options.name ?? "The quantity"
  const known = points.filter((p): p is KnownPoint => isEstimate(p.y))
  known.forEach(({ tokens, y: { value } }, i) => {
    // Asked first, since naming a point costs more than looking at it.
    if (tokens > 0 && tokens < Infinity && value > 0 && value < Infinity) return
    requirePositive(`points[${i}].tokens`, tokens)
    requirePositive(`points[${i}].y`, value)
  })
  const horizons = known.map((p) => p.tokens)
  const n = horizons.filter((t, i) => horizons.indexOf(t) === i).length
  if (n < 3)
    return noLaw(
      notIdentified(
        "too-few-horizons",
        points.length === 0
          ? `${name} is measured at no horizon; a power law needs three.`
          : `${name} is identified at ${n} of ${counted(points.length, "horizon")}; a power law needs three.`,
        points.length,
      ),
      horizons,
    )
  const x = horizons.map((t) => Math.log(t))
  const center = x.reduce((a, b) => a + b, 0) / x.length
  const y = known.map((p) => Math.log(p.y.value))
  const errors = known.map((p) => lnError(p.y))
  const weighted = errors.every((e) => e !== undefined && e > 0)
  const weights = errors.map((e) => (weighted ? (e as number) ** -2 : 1))
  const design = new Array<number>(2 * x.length)
  for (let i = 0; i < x.length; i++) {
    design[2 * i] = 1
    design[2 * i + 1] = x[i] - center
  }
  const fit = leastSquares(design, y, weights, 2)
  if (fit === undefined)
    return noLaw(notIdentified("ill-conditioned", `${name}: the horizons coincide; measure others.`, n), horizons)
  const { scale, degrees } = scatterOf(fit.residual, fit.degrees, weighted, options.errorDegrees)
  const covariance = fit.inverse.map((v) => v * scale) as unknown as [number, number, number, number]
  const half = twoSided(level, degrees)
  const missing = points.length - known.length
  const notes =
    missing > 0
      ? [
          `${missing} of ${points.length} horizons ${missing === 1 ? "gives" : "give"} no number and ${missing === 1 ? "is" : "are"} left out, which can bias the law.`,
        ]
      : []
  const [a, alpha] = fit.coefficients
  const [va, , , valpha] = covariance
  const exponent: Estimate = {
    _tag: "Estimate",
    value: alpha,
    scale: "linear",
    standardError: Math.sqrt(valpha),
    interval: { low: alpha - half * Math.sqrt(valpha), high: alpha + half * Math.sqrt(valpha), level },
    n: known.length,
    notes,
  }
  const prefactor: Estimate = {
    _tag: "Estimate",
    value: Math.exp(a),
    scale: "log",
    standardError: Math.sqrt(va),
    interval: { low: Math.exp(a - half * Math.sqrt(va)), high: Math.exp(a + half * Math.sqrt(va)), level },
    n: known.length,
    notes: [],
  }
  let square = 0
  y.forEach((v, i) => {
    square += (v - a - alpha * (x[i] - center)) ** 2
  })
  return {
    exponent,
    prefactor,
    reference: Math.exp(center),
    horizons,
    covariance,
    residual: { deviation: Math.sqrt(square / fit.degrees), degrees },
  }
}

/** Standard error of ln(value). */
export const lnError = (estimate: Estimate): number | undefined => {
  const error = standardErrorOf(estimate)
  return error === undefined ? undefined : estimate.scale === "log" ? error : error / Math.abs(estimate.value)
}

const noLaw = (why: NotIdentified, horizons: ReadonlyArray<number>): PowerLaw => ({
  exponent: why,
  prefactor: notIdentified(why.reason, why.message, why.points),
  reference: horizons.length === 0 ? 0 : Math.exp(horizons.reduce((sum, t) => sum + Math.log(t), 0) / horizons.length),
  horizons,
  covariance: undefined,
  residual: undefined,
})

/** A power law at another horizon, with the doubt of the line and the scatter about it; log scale. */
export const powerLawAt = (law: PowerLaw, tokens: number, level = 0.9): Result => {
  requirePositive("tokens", tokens)
  const { exponent, prefactor, covariance, residual } = law
  if (!isEstimate(exponent)) return exponent
  if (!isEstimate(prefactor) || covariance === undefined || residual === undefined) return prefactor
  const z = Math.log(tokens / law.reference)
  const ln = Math.log(prefactor.value) + exponent.value * z
  const [v00, v01, , v11] = covariance
  const error = Math.sqrt(v00 + 2 * z * v01 + z * z * v11 + residual.deviation ** 2)
  const half = twoSided(level, residual.degrees) * error
  const value = Math.exp(ln)
  if (!(value > 0 && value < Infinity && error < Infinity))
    return notIdentified(
      "ill-conditioned",
      `The power law leaves every number behind at ${tokensText(tokens)} tokens: measure horizons nearer to it, or further apart.`,
      exponent.n,
    )
  return {
    _tag: "Estimate",
    value,
    scale: "log",
    standardError: error,
    interval: { low: Math.exp(ln - half), high: Math.exp(ln + half), level },
    n: exponent.n,
    notes: exponent.notes,
  }
}
