import type { Cell, EtaSurface } from "./law.ts"
import { type LinearFit, leastSquares, quadraticForm } from "./least-squares.ts"
import { lnError } from "./power-law.ts"
import { isEstimate, type NotIdentified, notIdentified, type Result } from "./result.ts"
import { explainingVariance } from "./scatter.ts"
import { twoSided } from "./student.ts"

interface Point {
  readonly b: number
  readonly t: number
  readonly y: number
  readonly error: number | undefined
}

/** Cells this many octaves from the target batch, or nearer, are asked first. */
const nearOctaves = 2.5

const regressors = (b: number, t: number, terms: number): ReadonlyArray<number> => [1, b, t, b * t].slice(0, terms)

/**
 * ln eta* = c0 + cB ln B + cT ln T (+ cBT ln B ln T where the data show it, |t| > 2) over the identified cells, about their centre.
 * The weights hold the cells' own errors and a scatter of the cells about the surface, chosen so that the two together explain the
 * residuals. Near a target only cells within 2.5 octaves of its batch enter, if six of them at three horizons exist: the
 * surface is a local one, not a law over all batches.
 */
export const etaSurface = (
  cells: ReadonlyArray<Cell>,
  near?: { readonly batch: number },
): EtaSurface | NotIdentified => {
  const all = cells.filter((cell) => isEstimate(cell.eta))
  const close =
    near === undefined ? all : all.filter((cell) => Math.abs(Math.log2(cell.batch / near.batch)) <= nearOctaves)
  const horizonsOf = (some: ReadonlyArray<Cell>) => new Set(some.map((cell) => cell.tokens)).size
  const used = close.length >= 6 && horizonsOf(close) >= 3 ? close : all
  const horizons = horizonsOf(used)
  const batches = new Set(used.map((cell) => cell.batch)).size
  if (used.length < 4)
    return notIdentified(
      "too-few-cells",
      `eta* is identified in ${used.length} cells; a surface over batch and horizon needs four or more.`,
      used.length,
    )
  if (horizons < 2)
    return notIdentified("too-few-horizons", "eta* is identified at one horizon only: measure others.", used.length)
  if (batches < 2)
    return notIdentified("too-few-batches", "eta* is identified at one batch only: measure others.", used.length)
  const center = {
    batch: geometricMean(used.map((cell) => cell.batch)),
    tokens: geometricMean(used.map((cell) => cell.tokens)),
  }
  const points = used.flatMap(
    (cell): Array<Point> =>
      isEstimate(cell.eta)
        ? [
            {
              b: Math.log(cell.batch / center.batch),
              t: Math.log(cell.tokens / center.tokens),
              y: Math.log(cell.eta.value),
              error: lnError(cell.eta),
            },
          ]
        : [],
  )
  const plain = fitTerms(points, 3)
  if (plain === undefined)
    return notIdentified("ill-conditioned", "Batch and horizon vary together only: vary them apart.", points.length)
  const crossed = batches >= 3 && horizons >= 3 && points.length >= 8 ? fitTerms(points, 4) : undefined
  const chosen =
    crossed !== undefined && Math.abs(crossed.fit.coefficients[3]) > 2 * Math.sqrt(crossed.fit.inverse[15])
      ? crossed
      : plain
  const extent = (values: ReadonlyArray<number>): readonly [number, number] => [
    values.reduce((a, b) => Math.min(a, b)),
    values.reduce((a, b) => Math.max(a, b)),
  ]
  return {
    _tag: "EtaSurface",
    center,
    terms: ["1", "lnB", "lnT", "lnB*lnT"].slice(0, chosen.fit.coefficients.length),
    coefficients: chosen.fit.coefficients,
    covariance: chosen.fit.inverse,
    deviation: chosen.deviation,
    degrees: chosen.fit.degrees,
    range: { batch: extent(used.map((cell) => cell.batch)), tokens: extent(used.map((cell) => cell.tokens)) },
    cells: points.length,
  }
}

/** Fits with weights 1/(error^2 + deviation^2); the covariance is the inverse then. */
const fitTerms = (
  points: ReadonlyArray<Point>,
  terms: number,
): { readonly fit: LinearFit; readonly deviation: number } | undefined => {
  const x = points.flatMap((p) => regressors(p.b, p.t, terms))
  const y = points.map((p) => p.y)
  const known = points.every((p) => p.error !== undefined && p.error > 0)
  const at = (variance: number) =>
    leastSquares(
      x,
      y,
      points.map((p) => 1 / ((known ? (p.error as number) ** 2 : 0) + variance)),
      terms,
    )
  const flat = at(1)
  if (flat === undefined || flat.degrees < 1) return undefined
  const spread = flat.residual / flat.degrees
  if (!known) {
    // An exact surface leaves no residual; then there is no doubt to scale.
    const variance = Math.max(spread, 1e-24)
    const fit = at(variance)
    return fit === undefined ? undefined : { fit, deviation: Math.sqrt(variance) }
  }
  const variance = explainingVariance(at, Math.max(4 * spread, 1e-24))
  const fit = at(variance)
  return fit === undefined ? undefined : { fit, deviation: Math.sqrt(variance) }
}

/**
 * How much the truth may bend away from the plane, one standard deviation of the second derivative of ln eta*. The bell bends by
 * at most alphaB^2/4 in ln T, which is 1/16 for B_crit ~ T^(1/2), and by at most 1/4 in ln B, half of which is taken.
 */
const bend = { tokens: 1 / 16, batch: 1 / 8 }

/** Error of a straight line that leaves its range by d, of length l, where the truth bends by k: k d (d + l)/2. */
const bendError = (k: number, value: number, [low, high]: readonly [number, number]): number => {
  const outside = Math.max(0, Math.log(value / high), Math.log(low / value))
  return (k * outside * (outside + Math.log(high / low))) / 2
}

/**
 * eta* at a target, log scale, with the doubt of the surface, the scatter of cells about it and, outside the measured
 * range, a doubt that the plane goes on as a plane: small within an octave, ruling beyond a few.
 */
export const surfaceAt = (
  surface: EtaSurface,
  target: { readonly batch: number; readonly tokens: number },
  level = 0.9,
): Result => {
  const g = regressors(
    Math.log(target.batch / surface.center.batch),
    Math.log(target.tokens / surface.center.tokens),
    surface.terms.length,
  )
  let ln = 0
  for (let i = 0; i < g.length; i++) ln += g[i] * surface.coefficients[i]
  const error = Math.hypot(
    Math.sqrt(quadraticForm(surface.covariance, g)),
    surface.deviation,
    bendError(bend.tokens, target.tokens, surface.range.tokens),
    bendError(bend.batch, target.batch, surface.range.batch),
  )
  const half = twoSided(level, surface.degrees) * error
  return {
    _tag: "Estimate",
    value: Math.exp(ln),
    scale: "log",
    standardError: error,
    interval: { low: Math.exp(ln - half), high: Math.exp(ln + half), level },
    n: surface.cells,
    notes: [],
  }
}

const geometricMean = (values: ReadonlyArray<number>): number =>
  Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length)
