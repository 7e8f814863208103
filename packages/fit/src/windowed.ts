import { divergedReadings } from "./divergence.ts"
import { goldenSection } from "./golden-section.ts"
import { type LinearFit, leastSquares } from "./least-squares.ts"
import { groupByRate } from "./levels.ts"
import type { Levels } from "./parabola.ts"
import type { Profile } from "./profiles.ts"
import type { Row } from "./row.ts"
import { shape, shapeBySkew } from "./skewed.ts"
import { rivalMinimum, windowAbout } from "./window.ts"

/** The readings of one profile that lie in the window about its lowest loss. */
export interface Windowed {
  /** Position among the profiles given. */
  readonly profile: number
  /** Positions of the readings among the rows, by ascending rate. */
  readonly rows: ReadonlyArray<number>
  /** ln of the rate that the window is centred on, and ln eta - reference of each reading. */
  readonly reference: number
  readonly z: ReadonlyArray<number>
  /** Number of different rates. */
  readonly rates: number
  /** Range of each rate's readings in `rows`: those of rate k are `starts[k]` up to `starts[k + 1]`. */
  readonly starts: ReadonlyArray<number>
}

/**
 * Window of every measured profile that has three sound rates or more; those on an edge of their grid included, those with two minima not.
 *
 * @param sigma noise of a loss, nats; 0 where it is not known yet
 */
export const windowed = (
  rows: ReadonlyArray<Row>,
  cells: ReadonlyArray<Profile>,
  radius: number,
  sigma = 0,
): ReadonlyArray<Windowed> =>
  cells.flatMap((cell, profile): ReadonlyArray<Windowed> => {
    if (!cell.measured) return []
    const readings = cell.rows.map((i) => rows[i])
    const diverged = divergedReadings(readings)
    const sound = readings.flatMap((row, i) => (diverged[i] || row.status === "pruned" ? [] : [i]))
    const { levels, members } = groupByRate(readings, sound)
    if (levels.x.length < 3) return []
    const first = lowest(levels)
    // Of two minima that the noise does not tell apart neither is the place where the loss is flat.
    if (sigma > 0 && rivalMinimum(levels, first, sigma) !== undefined) return []
    const [from, to] = windowAbout(levels, first, radius, sigma)
    const inside = members.slice(from, to + 1)
    const reference = levels.x[(from + to) >> 1]
    const starts = [0]
    for (const group of inside) starts.push(starts[starts.length - 1] + group.length)
    return [
      {
        profile,
        rows: inside.flatMap((group) => group.map((i) => cell.rows[i])),
        reference,
        z: inside.flatMap((group, k) => group.map(() => levels.x[from + k] - reference)),
        rates: inside.length,
        starts,
      },
    ]
  })

const lowest = ({ y }: Levels): number => {
  let first = 0
  for (let i = 1; i < y.length; i++) if (y[i] < y[first]) first = i
  return first
}

/** loss = a + b z + c shape(z), by least squares. */
export interface CellFit {
  /** a, b, c: at the reference rate the loss, its slope and its second derivative in ln eta; nats. */
  readonly coefficients: Float64Array
  /** How the coefficients follow the skew. */
  readonly bySkew: Float64Array
  /** (X' X)^-1, row by row. */
  readonly inverse: Float64Array
  readonly skew: number
  /** Residual of each reading, nats. */
  readonly residuals: Float64Array
  readonly residual: number
}

/** Mean losses by rate. */
const meansOf = ({ rows, starts, rates }: Windowed, losses: ArrayLike<number>): Float64Array => {
  const means = new Float64Array(rates)
  for (let k = 0; k < rates; k++) {
    let sum = 0
    for (let i = starts[k]; i < starts[k + 1]; i++) sum += losses[rows[i]]
    means[k] = sum / (starts[k + 1] - starts[k])
  }
  return means
}

/** Coefficients from mean losses by rate; `residual` leaves out the scatter of repeats about their means. */
const fitMeans = (window: Windowed, means: Float64Array, skew: number) => {
  const { z, starts, rates } = window
  const x: Array<number> = []
  const weights: Array<number> = []
  for (let k = 0; k < rates; k++) {
    const at = z[starts[k]]
    x.push(1, at, shape(at, skew))
    weights.push(starts[k + 1] - starts[k])
  }
  return leastSquares(x, Array.from(means), weights, 3)
}

/** Fits one window with a given skew; `undefined` where its rates are too close to tell three coefficients. */
export const fitWindow = (window: Windowed, losses: ArrayLike<number>, skew: number): CellFit | undefined => {
  const means = meansOf(window, losses)
  const fit = fitMeans(window, means, skew)
  if (fit === undefined) return undefined
  const [a, b, c] = fit.coefficients
  const residuals = Float64Array.from(
    window.rows,
    (row, i) => losses[row] - a - b * window.z[i] - c * shape(window.z[i], skew),
  )
  let residual = 0
  for (const r of residuals) residual += r * r
  return {
    coefficients: Float64Array.of(a, b, c),
    bySkew: followSkew(window, means, skew, fit),
    inverse: Float64Array.from(fit.inverse),
    skew,
    residuals,
    residual,
  }
}

/** Derivative of the coefficients with respect to the skew: that of the normal equations X' W (y - X beta) = 0, whose last column follows it. */
const followSkew = (
  { z, starts, rates }: Windowed,
  means: Float64Array,
  skew: number,
  fit: LinearFit,
): Float64Array => {
  const [a, b, c] = fit.coefficients
  const right = [0, 0, 0]
  for (let k = 0; k < rates; k++) {
    const at = z[starts[k]]
    const weight = starts[k + 1] - starts[k]
    const moved = shapeBySkew(at, skew)
    const curve = shape(at, skew)
    const residual = means[k] - a - b * at - c * curve
    right[0] -= weight * c * moved
    right[1] -= weight * c * moved * at
    right[2] += weight * (moved * residual - c * moved * curve)
  }
  return Float64Array.from([0, 1, 2], (i) => right.reduce((sum, value, j) => sum + fit.inverse[3 * i + j] * value, 0))
}

/** The skew common to all profiles. */
export interface Skew {
  readonly skew: number
  /** Standard error; zero where no skew was estimated. */
  readonly error: number
}

/** A skew and half the second derivative of the residual sum of squares with respect to it. */
export interface CommonSkew {
  readonly skew: number
  readonly information: number
}

/** Skews beyond these are no profile about a minimum any more. */
const extremes = [-1.5, 3] as const

/** Fewer degrees of freedom than this say nothing about a skew. */
const fewestDegrees = 6

/**
 * One skew for all profiles of a study: the one with the smallest residuals, drawn towards zero as by a normal prior of standard
 * deviation one. Zero where the windows leave fewer than six degrees of freedom.
 */
export const commonSkew = (windows: ReadonlyArray<Windowed>, losses: ArrayLike<number>): CommonSkew => {
  const informative = windows.filter((w) => w.rates >= 4)
  const degrees = informative.reduce((sum, w) => sum + w.rows.length - 3, 0)
  if (degrees < fewestDegrees) return { skew: 0, information: Infinity }
  const means = informative.map((window) => meansOf(window, losses))
  let repeats = 0
  informative.forEach((window, w) => {
    for (let k = 0; k < window.rates; k++)
      for (let i = window.starts[k]; i < window.starts[k + 1]; i++)
        repeats += (losses[window.rows[i]] - means[w][k]) ** 2
  })
  const residual = (skew: number): number => {
    let sum = repeats
    informative.forEach((window, w) => {
      sum += fitMeans(window, means[w], skew)?.residual ?? 0
    })
    return sum
  }
  const free = goldenSection(residual, extremes[0], extremes[1], fine)
  const variance = residual(free) / (degrees - 1)
  const skew = goldenSection((s) => residual(s) + variance * s * s, extremes[0], extremes[1], fine)
  const second = (residual(skew + wide) - 2 * residual(skew) + residual(skew - wide)) / (wide * wide)
  return { skew, information: Math.max(0, second / 2) }
}

/** Tolerance of the skew. */
const fine = 1e-4

/** Step for the second derivative of the residuals. */
const wide = 0.05
