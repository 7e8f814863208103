import { twoSided } from "../student.ts"
import { minimise } from "./minimise.ts"
import { backward, cholesky, forward, lawAt, objective, type Problem, termCount } from "./objective.ts"
import type { Solved } from "./plain.ts"
import { type Ends, profileEnds } from "./profile-interval.ts"

/** Where a law is asked: tokens, and parameters where sizes enter. */
export interface At {
  readonly lnTokens: number
  readonly lnSize: number
}

/** One parameter of a law that was moved to where it is the quantity asked for. */
export interface Quantity {
  readonly value: number
  /** Two-sided profile-likelihood interval at `level`; infinite where the data leave it open. */
  readonly ends: Ends
  /** Half the interval in units of Student's t: a standard deviation where the likelihood is a parabola. */
  readonly deviation: number
  /** Standard error to first order; infinite where the parameters do not determine each other. */
  readonly error: number
  readonly degrees: number
}

/** The same law with its logarithms counted from elsewhere. */
const movedTo = ({ problem, parameters, misfit, degrees }: Solved, at: At): Solved => {
  const { terms, origin, form } = problem
  const k = termCount(terms)
  const shifts: Array<number> = []
  if (terms.tokens) shifts.push(at.lnTokens - origin.lnTokens)
  if (terms.size) shifts.push(at.lnSize - origin.lnSize)
  const moved = Float64Array.from(parameters)
  shifts.forEach((shift, i) => {
    moved[0] += parameters[1 + i] * shift
    if (form.batch === "scale") moved[k] += parameters[k + 1 + i] * shift
  })
  return {
    problem: { ...problem, origin: { ...origin, ...at } },
    parameters: moved,
    misfit,
    degrees,
  }
}

/** How far outside the measured batches a form has become a straight line, ln B. */
const farOutside = 6

/**
 * The law with its batch scale far above, and far below, the measured batches, where that explains the data nearly as well. There the form is a
 * power of B and its exponents trade against each other without end: what an interval must not overlook.
 */
const valleys = ({ problem, parameters, misfit }: Solved, threshold: number): ReadonlyArray<Float64Array> => {
  const { form, terms, origin, evidence, anchor } = problem
  if (form.batch !== "scale") return []
  const target = objective(problem)
  const k = termCount(terms)
  const batches = evidence.lnBatch.map((b) => b - origin.lnBatch)
  const away = (place: number): Float64Array => {
    const start = Float64Array.from(parameters)
    const moved = place - parameters[k]
    start[k] = place
    if (anchor === undefined) start[0] += form.shape(-parameters[k]) - form.shape(-parameters[k] - moved)
    return start
  }
  return [Math.max(...batches) + farOutside, Math.min(...batches) - farOutside]
    .map((place) => minimise(target, away(place)))
    .filter((found) => found.misfit - misfit <= threshold)
    .map((found) => found.parameters)
}

const quantity = (solved: Solved, k: number, level: number, step: number, farthest: number): Quantity => {
  const { problem, parameters, misfit, degrees } = solved
  const t = twoSided(level, degrees)
  const value = parameters[k]
  const ends = profileEnds(problem, parameters, misfit, k, t * t, { step, farthest }, valleys(solved, t * t))
  const covariance = covarianceOf(solved)
  const variance = covariance?.[k * (parameters.length + 1)] ?? Infinity
  return { value, ends, deviation: (ends.high - ends.low) / (2 * t), error: Math.sqrt(variance), degrees }
}

/** How far a batch scale is searched beyond the estimate, ln B: all laws are straight lines there. */
const farthestScale = 14

/** ln of the batch scale (tokens): for the bell, of the place of its peak. */
export const batchScaleAt = (solved: Solved, at: At, level: number): Quantity => {
  const moved = movedTo(solved, at)
  const k = termCount(moved.problem.terms)
  const found = quantity(moved, k, level, 0.25, farthestScale)
  const { lnBatch } = moved.problem.origin
  const shift = (ends: Ends): Ends => ({ low: ends.low + lnBatch, high: ends.high + lnBatch })
  return { ...found, value: found.value + lnBatch, ends: shift(found.ends) }
}

/** ln of the height: for the bell, of its peak. */
export const heightAt = (solved: Solved, at: At, level: number): Quantity =>
  quantity(movedTo(solved, at), 0, level, 0.1, 10)

/** Exponent in the horizon of the batch scale or of the height. */
export const exponentOf = (solved: Solved, of: "scale" | "height", level: number): Quantity =>
  quantity(solved, of === "height" ? 1 : termCount(solved.problem.terms) + 1, level, 0.1, 8)

/** Exponent in the size of the batch scale or of the height. */
export const sizeExponentOf = (solved: Solved, of: "scale" | "height", level: number): Quantity => {
  const k = termCount(solved.problem.terms)
  return parameterOf(solved, of === "height" ? k - 1 : 2 * k - 1, level)
}

/** Any exponent among the parameters. */
export const parameterOf = (solved: Solved, index: number, level: number): Quantity =>
  quantity(solved, index, level, 0.1, 8)

/** ln eta* at a batch (ln tokens). The scatter of cells about the law is a doubt of every optimum not yet measured. */
export const lnEtaAt = (solved: Solved, lnBatch: number, at: At, level: number): Quantity => {
  const moved = movedTo(solved, at)
  const { form, terms, origin } = moved.problem
  const parameters = Float64Array.from(moved.parameters)
  const k = termCount(terms)
  let problem: Problem = moved.problem
  if (form.batch === "exponent") {
    parameters[0] += parameters[k] * (lnBatch - origin.lnBatch)
    problem = { ...problem, origin: { ...problem.origin, lnBatch } }
  } else if (form.batch === "scale") {
    parameters[0] += form.shape(lnBatch - origin.lnBatch - parameters[k])
    problem = { ...problem, anchor: lnBatch }
  }
  const found = quantity({ ...moved, problem, parameters }, 0, level, 0.1, 10)
  const t = twoSided(level, found.degrees)
  const widened = (end: number) =>
    Number.isFinite(end)
      ? found.value + Math.sign(end - found.value) * Math.hypot(end - found.value, t * Math.sqrt(problem.scatter))
      : end
  const ends = { low: widened(found.ends.low), high: widened(found.ends.high) }
  return {
    ...found,
    ends,
    deviation: (ends.high - ends.low) / (2 * t),
    error: Math.sqrt(found.error ** 2 + problem.scatter),
  }
}

/**
 * Covariance of the parameters at their estimate, to first order, row by row; `undefined` where some combination is not determined.
 *
 * @param widest standard deviation beyond which a parameter counts as unknown, held there by a weak prior; default: no prior
 */
export const covarianceOf = ({ problem, parameters }: Solved, widest = Infinity): Float64Array | undefined => {
  const target = objective(problem)
  target.evaluate(parameters, true)
  const p = target.parameters
  const factor = Float64Array.from(target.hessian)
  for (let k = 0; k < p; k++) factor[k * p + k] += widest ** -2
  if (!cholesky(factor, p)) return undefined
  const inverse = new Float64Array(p * p)
  for (let k = 0; k < p; k++) {
    const column = new Float64Array(p)
    column[k] = 1
    forward(factor, p, column)
    backward(factor, p, column)
    for (let i = 0; i < p; i++) inverse[i * p + k] = column[i]
  }
  return inverse
}

/** ln eta* of the law as it stands, without its doubt. */
export const lawValue = ({ problem, parameters }: Solved, lnBatch: number, at: At): number =>
  lawAt(problem, parameters, lnBatch, at.lnTokens, at.lnSize, new Float64Array(parameters.length))
