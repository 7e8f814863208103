import { leastSquares, quadraticForm } from "./least-squares.ts"
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
  /** d2y/dx2. */
  readonly curvature: number
  /** Residual sum of squares, repeats included, and its degrees of freedom. */
  readonly residual: number
  readonly degrees: number
  /** Standard errors of vertex, minimum and curvature for a datum of unit variance (first order). */
  readonly unit: { readonly vertex: number; readonly minimum: number; readonly curvature: number }
  /** Fieller's interval of the vertex for data of standard deviation `sigma`; `undefined` where it is not a finite interval. */
  readonly fieller: (sigma: number, level: number, degrees: number) => readonly [number, number] | undefined
}

/** Least-squares parabola; `undefined` where it has no minimum. */
export const fitParabola = (levels: Levels): ParabolaFit | undefined => {
  const n = levels.x.length
  const center = levels.x[n >> 1]
  const x: Array<number> = []
  for (let i = 0; i < n; i++) {
    const z = levels.x[i] - center
    x.push(1, z, z * z)
  }
  const fit = leastSquares(x, levels.y, levels.repeats, 3)
  if (fit === undefined) return undefined
  const [a, b, c] = fit.coefficients
  if (!(c > 0)) return undefined
  const z = -b / (2 * c)
  const v = fit.inverse
  let count = 0
  for (const repeats of levels.repeats) count += repeats
  return {
    vertex: center + z,
    minimum: a - (b * b) / (4 * c),
    curvature: 2 * c,
    residual: fit.residual + levels.scatter,
    degrees: count - 3,
    unit: {
      vertex: Math.sqrt(quadraticForm(v, [0, -1 / (2 * c), b / (2 * c * c)])),
      minimum: Math.sqrt(quadraticForm(v, [1, z, z * z])),
      curvature: 2 * Math.sqrt(v[8]),
    },
    fieller: (sigma, level, degrees) => {
      const q = (twoSided(level, degrees) * sigma) ** 2
      // { z : (b + 2 c z)^2 <= q Var(b + 2 c z) }: exact for Gaussian noise, where the first-order interval is not.
      const quadratic = 4 * (c * c - q * v[8])
      if (!(quadratic > 0)) return undefined
      const linear = 4 * (b * c - q * v[5])
      const constant = b * b - q * v[4]
      const root = Math.sqrt(Math.max(0, linear * linear - 4 * quadratic * constant))
      return [center + (-linear - root) / (2 * quadratic), center + (-linear + root) / (2 * quadratic)]
    },
  }
}
