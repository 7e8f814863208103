import { unexplainedVariance } from "../scatter.ts"
import { riseInverse } from "../skewed.ts"
import type { Evidence } from "./evidence.ts"
import { type FormName, forms } from "./form.ts"
import { type Minimum, minimise } from "./minimise.ts"
import {
  type Family,
  lawAt,
  type Origin,
  objective,
  type Problem,
  parameterCount,
  type Terms,
  termCount,
  unknownCount,
} from "./objective.ts"

/** A form fitted to all cells at once. */
export interface FormFit extends Minimum {
  readonly form: FormName
  /** Standard deviation of ln eta* of cells about the law, beyond their own errors. */
  readonly scatter: number
  readonly degrees: number
}

/** What varies enough to have an exponent. Sizes only where asked for. */
export const termsOf = (evidence: Evidence, sizes: boolean): Terms => ({
  tokens: varies(evidence.lnTokens),
  size: sizes && varies(evidence.lnSize),
})

const varies = (values: Float64Array): boolean => values.some((value) => Math.abs(value - values[0]) > 1e-6)

/** The centre of the cells. */
export const originOf = (evidence: Evidence): Origin => ({
  lnBatch: mean(evidence.lnBatch),
  lnTokens: mean(evidence.lnTokens),
  lnSize: mean(evidence.lnSize),
})

const mean = (values: Float64Array): number => {
  let sum = 0
  for (const value of values) sum += value
  return values.length === 0 ? 0 : sum / values.length
}

/** Height parameters of least squares through the optima of the profiles, the place being given. */
const startHeights = (problem: Problem, place: ReadonlyArray<number>): Float64Array => {
  const { evidence, terms } = problem
  const p = unknownCount(problem)
  const k = termCount(terms)
  const parameters = new Float64Array(p)
  place.forEach((value, i) => {
    parameters[k + i] = value
  })
  const gradient = new Float64Array(p)
  const gram = new Float64Array(k * k)
  const right = new Float64Array(k)
  for (let cell = 0; cell < evidence.cells; cell++) {
    const z = riseInverse(-evidence.slope[cell] / evidence.curvature[cell], evidence.skew)
    // An optimum far outside its window is a guess, good enough to start from.
    const optimum = evidence.reference[cell] + Math.max(-3, Math.min(3, Number.isNaN(z) ? 0 : z))
    const law = lawAt(
      problem,
      parameters,
      evidence.lnBatch[cell],
      evidence.lnTokens[cell],
      evidence.lnSize[cell],
      gradient,
    )
    for (let i = 0; i < k; i++) {
      right[i] += gradient[i] * (optimum - law)
      for (let j = 0; j < k; j++) gram[i * k + j] += gradient[i] * gradient[j]
    }
  }
  // Gauss-Jordan with a ridge that one horizon or one size needs.
  for (let i = 0; i < k; i++) gram[i * k + i] += 1e-9
  for (let i = 0; i < k; i++) {
    const pivot = gram[i * k + i]
    for (let j = 0; j < k; j++) gram[i * k + j] /= pivot
    right[i] /= pivot
    for (let r = 0; r < k; r++) {
      if (r === i) continue
      const factor = gram[r * k + i]
      for (let j = 0; j < k; j++) gram[r * k + j] -= factor * gram[i * k + j]
      right[r] -= factor * right[i]
    }
  }
  parameters.set(right, 0)
  return parameters
}

/** Places to start from: the batch scale below, inside and above the measured batches, still or moving with the horizon. */
const startPlaces = (problem: Problem): ReadonlyArray<ReadonlyArray<number>> => {
  const { form, evidence, origin, terms } = problem
  if (form.batch === "none") return [[]]
  if (form.batch === "exponent") return [[0.3]]
  let low = Infinity
  let high = -Infinity
  for (const b of evidence.lnBatch) {
    low = Math.min(low, b - origin.lnBatch)
    high = Math.max(high, b - origin.lnBatch)
  }
  const places = [low - 1, 0.5 * (low + high), high + 1, high + 3]
  const growths = terms.tokens ? [0, 1] : [0]
  return places.flatMap((place) => growths.map((growth) => [place, growth, 0].slice(0, termCount(terms))))
}

/** The lowest minimum from several starts, at a given scatter. */
const best = (problem: Problem, starts: ReadonlyArray<ArrayLike<number>>): Minimum => {
  const target = objective(problem)
  let found: Minimum | undefined
  for (const start of starts) {
    const minimum = minimise(target, start)
    if (found === undefined || minimum.misfit < found.misfit) found = minimum
  }
  return found ?? { parameters: new Float64Array(unknownCount(problem)), misfit: 0 }
}

/** Fits a form with a given scatter about it. */
export const fitAtScatter = (
  evidence: Evidence,
  family: Family,
  scatter: number,
  warm?: ArrayLike<number>,
): Minimum => {
  const problem: Problem = { evidence, scatter, ...family }
  const starts = warm === undefined ? startPlaces(problem).map((place) => startHeights(problem, place)) : [warm]
  return best(problem, starts)
}

/**
 * Fits a form and the scatter of the cells about it (`unexplainedVariance`). Cells pool partially by it: the larger it is, the more equally they
 * count.
 */
export const fitForm = (
  evidence: Evidence,
  name: FormName,
  options: { readonly terms: Terms; readonly origin: Origin },
): FormFit => {
  const family: Family = { form: forms[name], ...options }
  const degrees = evidence.cells - parameterCount(family)
  const known = evidence.blocks.some((block) => block.slopes[0] > 0)
  const at = (variance: number, warm?: ArrayLike<number>) => fitAtScatter(evidence, family, variance, warm)
  if (!known) {
    const flat = at(1)
    // An exact law leaves no residual.
    const variance = Math.max(flat.misfit / Math.max(1, degrees), 1e-20)
    return {
      form: name,
      parameters: flat.parameters,
      misfit: flat.misfit / variance,
      scatter: Math.sqrt(variance),
      degrees,
    }
  }
  const first = at(0)
  const variance = unexplainedVariance(
    (scatter) => (scatter === 0 ? first : at(scatter, first.parameters)).misfit,
    degrees,
    0.01,
  )
  return { form: name, ...(variance === 0 ? first : at(variance)), scatter: Math.sqrt(variance), degrees }
}
