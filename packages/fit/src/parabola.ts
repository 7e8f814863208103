import { leastSquares, quadraticForm } from "./least-squares.ts"
import { riseInverse, shape } from "./skewed.ts"
import { twoSided } from "./student.ts"

/** Mean losses at distinct abscissae, with the number of repeats behind each. */
export interface Levels {
  readonly x: ReadonlyArray<number>
  readonly y: ReadonlyArray<number>
  readonly repeats: ReadonlyArray<number>
  /** Sum of squares of the repeats about their means. */
  readonly scatter: number
}

export interface ParabolaFit {
  /** Location of the minimum, in x. */
  readonly vertex: number
  readonly minimum: number
  /** d2y/dx2 at the minimum. */
  readonly curvature: number
  /** Residual sum of squares, repeats included, and its degrees of freedom. */
  readonly residual: number
  readonly degrees: number
  /** Standard errors of vertex, minimum and curvature for a datum of unit variance (first order). */
  readonly unit: { readonly vertex: number; readonly minimum: number; readonly curvature: number }
  /** Fieller's interval of the vertex for data of standard deviation `sigma`; `undefined` where it is not a finite interval. */
  readonly fieller: (sigma: number, level: number, degrees: number) => readonly [number, number] | undefined
}

/**
 * Least-squares parabola, or its skewed sister (see skewed.ts); `undefined` where it has no minimum.
 *
 * @param skew d3y/dx3 over d2y/dx2 at the minimum; 0 for a parabola
 */
export const fitParabola = (levels: Levels, skew = 0): ParabolaFit | undefined => {
  const n = levels.x.length
  const center = levels.x[n >> 1]
  const x: Array<number> = []
  for (let i = 0; i < n; i++) {
    const z = levels.x[i] - center
    x.push(1, z, shape(z, skew))
  }
  const fit = leastSquares(x, levels.y, levels.repeats, 3)
  if (fit === undefined) return undefined
  const [a, b, c] = fit.coefficients
  const curvature = c - skew * b
  const z = riseInverse(-b / c, skew)
  if (!(c > 0 && curvature > 0)) return undefined
  const v = fit.inverse
  let count = 0
  for (const repeats of levels.repeats) count += repeats
  const bend = curvature / c
  return {
    vertex: center + z,
    minimum: a + b * z + c * shape(z, skew),
    curvature,
    residual: fit.residual + levels.scatter,
    degrees: count - 3,
    unit: {
      vertex: Math.sqrt(quadraticForm(v, [0, -1 / c, b / (c * c)])) / bend,
      minimum: Math.sqrt(quadraticForm(v, [1, z, shape(z, skew)])),
      curvature: Math.sqrt(quadraticForm(v, [0, -skew, 1])),
    },
    fieller: (sigma, level, degrees) => {
      const q = (twoSided(level, degrees) * sigma) ** 2
      // { u : (b + c u)^2 <= q Var(b + c u) }: exact for Gaussian noise, where the first-order interval is not.
      const quadratic = c * c - q * v[8]
      if (!(quadratic > 0)) return undefined
      const linear = 2 * (b * c - q * v[5])
      const constant = b * b - q * v[4]
      const root = Math.sqrt(Math.max(0, linear * linear - 4 * quadratic * constant))
      // Losses whose squares are no numbers.
      if (!Number.isFinite(root)) return undefined
      const end = (sign: number): number => {
        const z = riseInverse((-linear + sign * root) / (2 * quadratic), skew)
        return Number.isNaN(z) ? (skew > 0 ? -Infinity : Infinity) : z
      }
      return [center + end(-1), center + end(1)]
    },
  }
}
