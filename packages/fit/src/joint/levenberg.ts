import { backward, cholesky, forward } from "./objective.ts"

/** Residuals of a model at its parameters, already divided by their errors. */
export type Residuals = (parameters: Float64Array, out: Float64Array) => void

export interface Levenberg {
  readonly parameters: Float64Array
  /** Sum of squares. */
  readonly misfit: number
  /** (J' J)^-1, row by row; `undefined` where some combination of parameters is not determined. */
  readonly covariance: Float64Array | undefined
}

/** Relative step of the central differences. */
const small = 1e-6

const mostSteps = 200

/** Levenberg-Marquardt for a handful of parameters, with derivatives by central differences. */
export const levenberg = (residuals: Residuals, count: number, start: ReadonlyArray<number>): Levenberg => {
  const p = start.length
  const current = Float64Array.from(start)
  const trial = new Float64Array(p)
  const [r, left, right] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)]
  const jacobian = new Float64Array(count * p)
  const gram = new Float64Array(p * p)
  const damped = new Float64Array(p * p)
  const gradient = new Float64Array(p)
  const step = new Float64Array(p)
  const squares = (at: Float64Array): number => {
    residuals(at, left)
    let sum = 0
    for (const value of left) sum += value * value
    return Number.isFinite(sum) ? sum : Infinity
  }
  const linearise = (): void => {
    residuals(current, r)
    for (let k = 0; k < p; k++) {
      const h = small * Math.max(1, Math.abs(current[k]))
      trial.set(current)
      trial[k] = current[k] + h
      residuals(trial, right)
      trial[k] = current[k] - h
      residuals(trial, left)
      for (let i = 0; i < count; i++) jacobian[i * p + k] = (right[i] - left[i]) / (2 * h)
    }
    gram.fill(0)
    gradient.fill(0)
    for (let i = 0; i < count; i++)
      for (let k = 0; k < p; k++) {
        gradient[k] += jacobian[i * p + k] * r[i]
        for (let l = 0; l < p; l++) gram[k * p + l] += jacobian[i * p + k] * jacobian[i * p + l]
      }
  }
  let misfit = squares(current)
  let damping = 1e-3
  for (let iteration = 0; iteration < mostSteps; iteration++) {
    linearise()
    let better = false
    while (damping < 1e12) {
      damped.set(gram)
      for (let k = 0; k < p; k++) {
        damped[k * p + k] = gram[k * p + k] * (1 + damping) + 1e-14
        step[k] = -gradient[k]
      }
      if (cholesky(damped, p)) {
        forward(damped, p, step)
        backward(damped, p, step)
        for (let k = 0; k < p; k++) trial[k] = current[k] + step[k]
        const value = squares(trial)
        if (value <= misfit) {
          better = misfit - value > 1e-12 * (1e-6 + misfit)
          for (let k = 0; k < p; k++) current[k] += step[k]
          misfit = value
          damping = Math.max(1e-12, damping / 8)
          break
        }
      }
      damping *= 6
    }
    if (!better) break
  }
  linearise()
  return { parameters: current, misfit, covariance: inverseOf(gram, p) }
}

/** Inverse of a positive definite matrix. */
const inverseOf = (matrix: Float64Array, p: number): Float64Array | undefined => {
  const factor = Float64Array.from(matrix)
  // Scaled to unit diagonal: what is left of a column after the others decides whether it is determined.
  const scale = Float64Array.from({ length: p }, (_, k) => Math.sqrt(matrix[k * p + k]))
  if (scale.some((s) => !(s > 0))) return undefined
  for (let k = 0; k < p; k++) for (let l = 0; l < p; l++) factor[k * p + l] /= scale[k] * scale[l]
  if (!cholesky(factor, p)) return undefined
  for (let k = 0; k < p; k++) if (factor[k * p + k] < 1e-6) return undefined
  const inverse = new Float64Array(p * p)
  const column = new Float64Array(p)
  for (let k = 0; k < p; k++) {
    column.fill(0)
    column[k] = 1
    forward(factor, p, column)
    backward(factor, p, column)
    for (let i = 0; i < p; i++) inverse[i * p + k] = column[i] / (scale[i] * scale[k])
  }
  return inverse
}
