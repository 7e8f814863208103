import { type Estimate, type NotIdentified, notIdentified, type Result } from "./result.ts"
import { fitSeparable, likelihoodBound, type SeparableProblem } from "./separable.ts"
import { twoSided } from "./student.ts"
import { InvalidOptionError, requireFraction, requirePositive } from "./validate.ts"

/** Optimiser steps needed to a target loss at one batch; the unit of the batch is the caller's and comes back in the results. */
export interface StepsPoint {
  readonly batch: number
  readonly steps: number
}

/** S(B) = a + b/B. */
export interface StepsToTarget {
  readonly _tag: "StepsToTarget"
  /** a = S_min: steps needed by an infinite batch. */
  readonly minimumSteps: Estimate
  /** b = E_min: data needed by a vanishing batch, in the unit of the batch. */
  readonly minimumData: Estimate
  /** b/a = E_min/S_min: at this batch both steps and data are twice their minimum (McCandlish et al. 2018). */
  readonly balanceBatch: Estimate
}

/**
 * Fits S = a + b/B with residuals in ln S: the form of Zhang et al. 2024 (arXiv 2410.21676), section 3; the same
 * hyperbola as (S/S_min - 1)(E/E_min - 1) = 1 of McCandlish et al. 2018 (arXiv 1812.06162).
 *
 * The ratio b/a is searched as a likelihood curve. Not identified where the points are fewer than three batches, or where
 * pure 1/B (no floor seen) or pure constant (no rise seen) explains them as well.
 *
 * @throws InvalidOptionError for a batch or step count that is not positive
 */
export const stepsToTarget = (
  points: ReadonlyArray<StepsPoint>,
  options: { readonly level?: number } = {},
): StepsToTarget | NotIdentified => {
  const level = options.level ?? 0.9
  requireFraction("level", level)
  points.forEach((p, i) => {
    requirePositive(`points[${i}].batch`, p.batch)
    requirePositive(`points[${i}].steps`, p.steps)
  })
  const n = points.length
  if (new Set(points.map((p) => p.batch)).size < 3)
    return notIdentified("too-few-batches", "Steps to target at fewer than three batch sizes: measure more batches.", n)
  const lnB = points.map((p) => Math.log(p.batch))
  const lowest = lnB.reduce((a, b) => Math.min(a, b))
  const highest = lnB.reduce((a, b) => Math.max(a, b))
  const problem: SeparableProblem = {
    y: points.map((p) => Math.log(p.steps)),
    weights: points.map(() => 1),
    shape: (i, u) => (u === Infinity ? -lnB[i] : u === -Infinity ? 0 : Math.log1p(Math.exp(u - lnB[i]))),
    from: lowest - 12,
    to: highest + 12,
  }
  const fit = fitSeparable(problem)
  const scale = fit.residual / fit.degrees
  const rise = scale * twoSided(level, fit.degrees) ** 2
  const low = likelihoodBound(fit, problem, rise, "low")
  const high = likelihoodBound(fit, problem, rise, "high")
  if (low === -Infinity)
    return notIdentified(
      "reference-too-large",
      "Steps hardly fall with the batch: every batch lies above the critical one; measure smaller batches.",
      n,
      high === Infinity ? undefined : { upper: Math.exp(high), level },
    )
  if (high === Infinity)
    return notIdentified(
      "not-reached",
      "Steps fall like 1/B throughout: every batch lies below the critical one; measure larger batches.",
      n,
      { lower: Math.exp(low), level },
    )
  const deviation = Math.sqrt(scale / fit.information)
  const slope = fit.levelSlope
  const half = twoSided(level, fit.degrees)
  const make = (ln: number, variance: number): Estimate => {
    const error = Math.sqrt(variance)
    return {
      _tag: "Estimate",
      value: Math.exp(ln),
      scale: "log",
      standardError: error,
      interval: { low: Math.exp(ln - half * error), high: Math.exp(ln + half * error), level },
      n,
      notes: [],
    }
  }
  return {
    _tag: "StepsToTarget",
    minimumSteps: make(fit.v, scale / n + (slope * deviation) ** 2),
    minimumData: make(fit.v + fit.u, scale / n + ((1 + slope) * deviation) ** 2),
    balanceBatch: {
      ...make(fit.u, deviation ** 2),
      interval: { low: Math.exp(low), high: Math.exp(high), level },
    },
  }
}

/**
 * The batch at which the data B S(B) exceed those of `reference` by `overhead`:
 * a B + b = (1 + overhead)(a reference + b), so B = (1 + overhead) reference + overhead b/a.
 * Zhang et al. 2024 (arXiv 2410.21676): reference 256 sequences, overhead 0.2. In the unit of the fitted batches.
 */
export const overheadBatch = (
  fit: StepsToTarget | NotIdentified,
  options: { readonly reference: number; readonly overhead?: number },
): Result => {
  const overhead = options.overhead ?? 0.2
  requirePositive("reference", options.reference)
  if (!(overhead > 0)) throw new InvalidOptionError("overhead", overhead, "above zero, such as 0.2 for 20 %")
  const batch = (ratio: number) => (1 + overhead) * options.reference + overhead * ratio
  if (fit._tag === "NotIdentified") {
    const { bound } = fit
    if (bound === undefined) return fit
    return {
      ...fit,
      bound: {
        ...bound,
        ...(bound.lower === undefined ? {} : { lower: batch(bound.lower) }),
        ...(bound.upper === undefined ? {} : { upper: batch(bound.upper) }),
      },
    }
  }
  const { value, standardError, interval, n } = fit.balanceBatch
  const share = (overhead * value) / batch(value)
  return {
    _tag: "Estimate",
    value: batch(value),
    scale: "log",
    standardError: typeof standardError === "number" ? share * standardError : standardError,
    interval:
      interval === undefined ? undefined : { ...interval, low: batch(interval.low), high: batch(interval.high) },
    n,
    notes: [],
  }
}
