/**
 * Exponential weight averages (EWA): a constant learning rate plus an average lets a run be read at any step and go on.
 * Source: Zhang et al. 2025 (arXiv 2410.21676) and the code beside it, which start the average at 0 and divide when reading.
 */
import { biasCorrection } from "./adamw.ts"
import { requireFraction, requireStep } from "./HyperparameterError.ts"
import { requireSameLength, type Tensor } from "./Tensor.ts"

/** The name under which an average is stored and reported, e.g. `ewa:0.99`. */
export const averageName = (decay: number): string => {
  requireFraction("decay", decay)
  return `ewa:${decay}`
}

/** `avg <- decay avg + (1 - decay) param`, after every optimiser step; `avg` starts at 0. In float64, rounded when stored. */
export const averageStep = (avg: Tensor, param: Tensor, decay: number): void => {
  requireFraction("decay", decay)
  requireSameLength(param, { avg })
  for (let i = 0; i < avg.length; i++) avg[i] = decay * avg[i]! + (1 - decay) * param[i]!
}

/** `out = avg / (1 - decay^t)`: the average of the weights after `t` steps, whose coefficients then sum to 1. */
export const averageRead = (avg: Tensor, decay: number, t: number, out: Tensor): void => {
  requireFraction("decay", decay)
  requireStep("t", t)
  requireSameLength(avg, { out })
  const total = biasCorrection(decay, t)
  for (let i = 0; i < avg.length; i++) out[i] = avg[i]! / total
}
