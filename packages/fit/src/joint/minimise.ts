import { backward, cholesky, forward, type Objective } from "./objective.ts"

export interface Minimum {
  readonly parameters: Float64Array
  readonly misfit: number
}

const mostSteps = 60

/**
 * Levenberg-Marquardt with exact gradients from a start; parameters in `fixed` stay. Ends where a step would change
 * nothing in the tenth digit of the misfit.
 */
export const minimise = (
  objective: Objective,
  start: ArrayLike<number>,
  fixed: ReadonlyArray<number> = [],
  steps = mostSteps,
): Minimum => {
  const { parameters: p, gradient, hessian } = objective
  const free: Array<number> = []
  for (let k = 0; k < p; k++) if (!fixed.includes(k)) free.push(k)
  const f = free.length
  const current = Float64Array.from(start)
  const trial = new Float64Array(p)
  const damped = new Float64Array(f * f)
  const step = new Float64Array(f)
  const held = new Float64Array(p)
  const curvature = new Float64Array(p * p)
  let misfit = objective.evaluate(current, true)
  let damping = 1e-4
  for (let iteration = 0; iteration < steps && f > 0; iteration++) {
    held.set(gradient)
    curvature.set(hessian)
    let better = false
    while (damping < 1e10) {
      for (let i = 0; i < f; i++) {
        for (let j = 0; j < f; j++) damped[i * f + j] = curvature[free[i] * p + free[j]]
        damped[i * f + i] *= 1 + damping
        damped[i * f + i] += 1e-12
        step[i] = -held[free[i]]
      }
      if (cholesky(damped, f)) {
        forward(damped, f, step)
        backward(damped, f, step)
        trial.set(current)
        for (let i = 0; i < f; i++) trial[free[i]] += Math.max(-2, Math.min(2, step[i]))
        // Most steps are taken: with its derivatives at once the next one needs no second look.
        const value = objective.evaluate(trial, true)
        if (value <= misfit) {
          better = misfit - value > 1e-10 * (1e-3 + misfit)
          current.set(trial)
          damping = Math.max(1e-9, damping / 8)
          misfit = value
          break
        }
      }
      damping *= 6
    }
    if (!better) break
  }
  return { parameters: current, misfit }
}
