import type { HeldOut } from "../law.ts"
import { rise, riseInverse } from "../skewed.ts"
import { chooseCells, type Evidence } from "./evidence.ts"
import { fitAtScatter } from "./fit-form.ts"
import { backward, cholesky, type Family, forward, lawAt, objective } from "./objective.ts"

/** How far from the centre of its window an optimum counts as measured, ln eta. */
const farthest = 2

/** Horizons that a law must be fitted to before it may predict one. */
const fewestTraining = 2

/**
 * Fits the law to the shorter horizons and asks it for the longer third: how far its optima lie from the measured ones, and how
 * surprised it is (minus twice the log density of the measured slopes at its optima, parameters' doubt included; what all
 * forms share is left in). `undefined` where there are too few horizons.
 */
export const heldOut = (
  evidence: Evidence,
  family: Family,
  scatter: number,
  warm: ArrayLike<number>,
): HeldOut | undefined => {
  const horizons = [...new Set(evidence.lnTokens)].sort((a, b) => a - b)
  const count = Math.max(1, Math.floor(horizons.length / 3))
  if (horizons.length - count < fewestTraining) return undefined
  const cut = horizons[horizons.length - count]
  const training = chooseCells(evidence, (cell) => evidence.lnTokens[cell] < cut)
  const rest = chooseCells(evidence, (cell) => evidence.lnTokens[cell] >= cut)
  if (training.cells === 0 || rest.cells === 0) return undefined
  const { parameters } = fitAtScatter(training, family, scatter, warm)
  const target = objective({ ...family, evidence: training, scatter })
  target.evaluate(parameters, true)
  const p = target.parameters
  // The deviation of the skew, the last unknown, does not enter the law itself: its gradient stays zero.
  const factor = Float64Array.from(target.hessian)
  // A parameter that the training horizons leave open gets a wide prior instead of an infinite one.
  for (let k = 0; k < p; k++) factor[k * p + k] += 1e-2
  if (!cholesky(factor, p)) return undefined
  const gradient = new Float64Array(p)
  const solved = new Float64Array(p)
  let surprise = 0
  let squares = 0
  let weights = 0
  for (const block of rest.blocks) {
    for (let i = 0; i < block.cells; i++) {
      const cell = block.first + i
      const law = lawAt(family, parameters, rest.lnBatch[cell], rest.lnTokens[cell], rest.lnSize[cell], gradient)
      const u = rise(law - rest.reference[cell], rest.skew)
      const r = rest.slope[cell] + rest.curvature[cell] * u
      const own = Math.max(rest.curvature[cell] - rest.skew * rest.slope[cell], 1e-12)
      solved.set(gradient)
      forward(factor, p, solved)
      backward(factor, p, solved)
      let doubt = scatter
      for (let k = 0; k < p; k++) doubt += gradient[k] * solved[k]
      const at = i * block.cells + i
      const error = block.slopes[at] + 2 * u * block.mixed[at] + u * u * block.curvatures[at]
      const variance = error + own * own * doubt
      surprise += (r * r) / variance + Math.log(variance)
      const z = riseInverse(-rest.slope[cell] / rest.curvature[cell], rest.skew)
      // An optimum far outside its window is a guess and no measurement.
      if (!(Math.abs(z) <= farthest)) continue
      const weight = (own * own) / (error + own * own * Math.max(scatter, 1e-12))
      squares += weight * (law - rest.reference[cell] - z) ** 2
      weights += weight
    }
  }
  return {
    horizons: horizons.slice(-count).map(Math.exp),
    cells: rest.cells,
    error: weights > 0 ? Math.sqrt(squares / weights) : NaN,
    surprise,
  }
}
