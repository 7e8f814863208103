import type { Cell } from "./law.ts"
import { leastSquares, quadraticForm } from "./least-squares.ts"
import { lnError } from "./power-law.ts"
import { isEstimate, type Result } from "./result.ts"
import { explainingVariance } from "./scatter.ts"
import { twoSided } from "./student.ts"

/**
 * The bell over all horizons at once, its peak and height being power laws:
 * ln eta*(B, T) = v + alphaEta z - ln cosh((ln B - u - alphaB z)/2), z = ln(T / reference).
 */
export interface JointBell {
  /** v, alphaEta, u, alphaB. */
  readonly parameters: ReadonlyArray<number>
  /** Row by row. */
  readonly covariance: ReadonlyArray<number>
  /** Scatter of cells about the law beyond their own errors, ln eta. */
  readonly deviation: number
  readonly degrees: number
  /** Tokens. */
  readonly reference: number
  readonly cells: number
}

interface Point {
  readonly b: number
  readonly z: number
  readonly y: number
  readonly error: number | undefined
}

const model = (p: ReadonlyArray<number>, b: number, z: number): { readonly y: number; readonly g: Array<number> } => {
  const half = (b - p[2] - p[3] * z) / 2
  const slope = 0.5 * Math.tanh(half)
  const lnCosh = Math.abs(half) + Math.log1p(Math.exp(-2 * Math.abs(half))) - Math.LN2
  return { y: p[0] + p[1] * z - lnCosh, g: [1, z, slope, slope * z] }
}

interface Fitted {
  readonly parameters: ReadonlyArray<number>
  readonly inverse: ReadonlyArray<number>
  readonly residual: number
  readonly degrees: number
}

/** Levenberg-Marquardt: Gauss-Newton with the steps damped by rows that ask for no change. */
const descend = (
  points: ReadonlyArray<Point>,
  weights: ReadonlyArray<number>,
  start: ReadonlyArray<number>,
): Fitted | undefined => {
  const cost = (p: ReadonlyArray<number>) =>
    points.reduce((sum, q, i) => sum + weights[i] * (q.y - model(p, q.b, q.z).y) ** 2, 0)
  const step = (p: ReadonlyArray<number>, damping: number) => {
    const x: Array<number> = []
    const y: Array<number> = []
    const w = [...weights]
    const scale = [0, 0, 0, 0]
    points.forEach((q, i) => {
      const { y: value, g } = model(p, q.b, q.z)
      x.push(...g)
      y.push(q.y - value)
      g.forEach((v, j) => {
        scale[j] += weights[i] * v * v
      })
    })
    if (damping > 0)
      for (let j = 0; j < 4; j++) {
        for (let k = 0; k < 4; k++) x.push(j === k ? 1 : 0)
        y.push(0)
        w.push(damping * scale[j] + Number.MIN_VALUE)
      }
    return leastSquares(x, y, w, 4)
  }
  let p = start
  let current = cost(p)
  let damping = 1e-3
  for (let iteration = 0; iteration < 60; iteration++) {
    const move = step(p, damping)
    if (move === undefined) return undefined
    const next = p.map((v, j) => v + move.coefficients[j])
    const value = cost(next)
    if (value <= current) {
      const small = move.coefficients.every((d) => Math.abs(d) < 1e-9)
      p = next
      current = value
      damping /= 10
      if (small) break
    } else {
      damping *= 10
      if (damping > 1e12) break
    }
  }
  const last = step(p, 0)
  return last === undefined
    ? undefined
    : { parameters: p, inverse: last.inverse, residual: current, degrees: points.length - 4 }
}

/**
 * Fits the joint bell to the identified cells, starting from laws fitted horizon by horizon. `undefined` where the cells do not determine it.
 *
 * @param start reference in tokens; parameters as in `JointBell`
 */
export const jointBell = (
  cells: ReadonlyArray<Cell>,
  start: { readonly reference: number; readonly parameters: ReadonlyArray<number> },
): JointBell | undefined => {
  const points = cells.flatMap(
    (cell): Array<Point> =>
      isEstimate(cell.eta)
        ? [
            {
              b: Math.log(cell.batch),
              z: Math.log(cell.tokens / start.reference),
              y: Math.log(cell.eta.value),
              error: lnError(cell.eta),
            },
          ]
        : [],
  )
  if (points.length < 6) return undefined
  const known = points.every((p) => p.error !== undefined && p.error > 0)
  const at = (variance: number) =>
    descend(
      points,
      points.map((p) => 1 / ((known ? (p.error as number) ** 2 : 0) + variance)),
      start.parameters,
    )
  const flat = at(1)
  if (flat === undefined) return undefined
  const spread = Math.max(flat.residual / flat.degrees, 1e-24)
  const variance = known ? explainingVariance(at, 4 * spread) : spread
  const fit = at(variance)
  if (fit === undefined) return undefined
  return {
    parameters: fit.parameters,
    covariance: fit.inverse,
    deviation: Math.sqrt(variance),
    degrees: fit.degrees,
    reference: start.reference,
    cells: points.length,
  }
}

/** eta* at a target (tokens), with the doubt of the law and the scatter of cells about it; log scale. */
export const jointBellAt = (
  bell: JointBell,
  target: { readonly batch: number; readonly tokens: number },
  level = 0.9,
): Result => {
  const { y, g } = model(bell.parameters, Math.log(target.batch), Math.log(target.tokens / bell.reference))
  const error = Math.sqrt(quadraticForm(bell.covariance, g) + bell.deviation ** 2)
  const half = twoSided(level, bell.degrees) * error
  return {
    _tag: "Estimate",
    value: Math.exp(y),
    scale: "log",
    standardError: error,
    interval: { low: Math.exp(y - half), high: Math.exp(y + half), level },
    n: bell.cells,
    notes: [],
  }
}
