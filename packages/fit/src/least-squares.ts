/** Weighted linear least squares for a handful of coefficients. */
export interface LinearFit {
  readonly coefficients: ReadonlyArray<number>
  /** (X' W X)^-1, row by row: times the variance of a datum of weight one it is the covariance. */
  readonly inverse: ReadonlyArray<number>
  /** Weighted residual sum of squares. */
  readonly residual: number
  readonly degrees: number
}

/** Scratch of the decomposition: making one costs more than a small fit. */
let work = new Float64Array(256)

/**
 * Minimises sum_i w_i (y_i - x_i . beta)^2 by Householder QR. `undefined` where the columns are not independent.
 *
 * @param x n rows of p regressors, row by row
 */
export const leastSquares = (
  x: ReadonlyArray<number>,
  y: ReadonlyArray<number>,
  weights: ReadonlyArray<number>,
  p: number,
): LinearFit | undefined => {
  const n = y.length
  if (n < p) return undefined
  const q = p + 1
  if (work.length < n * q) work = new Float64Array(2 * n * q)
  const a = work
  for (let i = 0; i < n; i++) {
    const root = Math.sqrt(weights[i])
    for (let j = 0; j < p; j++) a[i * q + j] = root * x[i * p + j]
    a[i * q + p] = root * y[i]
  }
  for (let j = 0; j < p; j++) {
    let whole = 0
    for (let i = 0; i < n; i++) whole += a[i * q + j] * a[i * q + j]
    let square = 0
    for (let i = j; i < n; i++) square += a[i * q + j] * a[i * q + j]
    // What is left of a column after the earlier ones: nothing means collinear.
    if (!(square > 1e-20 * whole)) return undefined
    const norm = Math.sqrt(square)
    const head = a[j * q + j]
    const alpha = head > 0 ? -norm : norm
    const v0 = head - alpha
    const beta = square - head * alpha
    for (let k = j + 1; k < q; k++) {
      let dot = v0 * a[j * q + k]
      for (let i = j + 1; i < n; i++) dot += a[i * q + j] * a[i * q + k]
      const factor = dot / beta
      a[j * q + k] -= factor * v0
      for (let i = j + 1; i < n; i++) a[i * q + k] -= factor * a[i * q + j]
    }
    a[j * q + j] = alpha
  }
  const coefficients = new Array<number>(p).fill(0)
  for (let j = p - 1; j >= 0; j--) {
    let sum = a[j * q + p]
    for (let k = j + 1; k < p; k++) sum -= a[j * q + k] * coefficients[k]
    coefficients[j] = sum / a[j * q + j]
  }
  let residual = 0
  for (let i = p; i < n; i++) residual += a[i * q + p] * a[i * q + p]
  return { coefficients, inverse: inverseGram(a, p, q), residual, degrees: n - p }
}

/** (R' R)^-1 from the triangle R. */
const inverseGram = (a: Float64Array, p: number, q: number): ReadonlyArray<number> => {
  const r = new Array<number>(p * p).fill(0)
  for (let j = 0; j < p; j++) {
    r[j * p + j] = 1 / a[j * q + j]
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0
      for (let k = i + 1; k <= j; k++) sum += a[i * q + k] * r[k * p + j]
      r[i * p + j] = -sum / a[i * q + i]
    }
  }
  const inverse = new Array<number>(p * p).fill(0)
  for (let i = 0; i < p; i++)
    for (let j = 0; j < p; j++) for (let k = 0; k < p; k++) inverse[i * p + j] += r[i * p + k] * r[j * p + k]
  return inverse
}

/** Variance of a linear form g . beta: g' V g. */
export const quadraticForm = (matrix: ReadonlyArray<number>, g: ReadonlyArray<number>): number => {
  const p = g.length
  let sum = 0
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) sum += g[i] * matrix[i * p + j] * g[j]
  return sum
}
