import { notIdentified, type Result } from "./result.ts"
import { stepsToTarget } from "./steps-to-target.ts"
import { requirePositive } from "./validate.ts"

/** The rate with the largest fall of the loss in one step, at one batch. */
export interface BestStepRate {
  /** Tokens. */
  readonly batch: number
  readonly eta: number
}

export interface NoiseScaleFromRates {
  /** B_noise = tr(H Sigma) / (G' H G), tokens. */
  readonly noiseScale: Result
  /** eta_max = |G|^2 / (G' H G): the rate of a batch without noise. */
  readonly maximumEta: Result
}

/**
 * The noise scale from the best one-step rates of SGD at several batches and one point of training: eta* = eta_max / (1 + B_noise/B), so
 * 1/eta* is a straight line in 1/B, its slope over its intercept B_noise. McCandlish et al. 2018 (arXiv 1812.06162). Unlike
 * `noiseScale` it needs no assumption on the Hessian.
 *
 * The line is fitted to ln eta*, errors of rates being relative: the same curve as steps to a target, and the same likelihood
 * intervals. Not identified for fewer than three batches, where eta* grows in proportion to B throughout, or where it does not grow. For the
 * best rates of whole runs, and for Adam, use `bell`.
 *
 * @throws InvalidOptionError for a batch or rate that is not positive, or a level outside of (0, 1)
 */
export const noiseScaleFromRates = (
  points: ReadonlyArray<BestStepRate>,
  options: { readonly level?: number } = {},
): NoiseScaleFromRates => {
  points.forEach((p, i) => {
    requirePositive(`points[${i}].batch`, p.batch)
    requirePositive(`points[${i}].eta`, p.eta)
  })
  const fit = stepsToTarget(
    points.map(({ batch, eta }) => ({ batch, steps: 1 / eta })),
    options,
  )
  if (fit._tag === "NotIdentified") {
    const { reason, points: n, bound } = fit
    const why = notIdentified(reason, messages[reason] ?? fit.message, n, bound)
    return { noiseScale: why, maximumEta: notIdentified(reason, why.message, n) }
  }
  const { value, interval } = fit.minimumSteps
  return {
    noiseScale: fit.balanceBatch,
    maximumEta: {
      ...fit.minimumSteps,
      value: 1 / value,
      interval: interval === undefined ? undefined : { ...interval, low: 1 / interval.high, high: 1 / interval.low },
    },
  }
}

const messages: Readonly<Record<string, string>> = {
  "too-few-batches": "Best rates at fewer than three batch sizes: measure more batches.",
  "reference-too-large":
    "The best rate hardly grows with the batch: every batch lies above the noise scale; measure smaller ones.",
  "not-reached": "The best rate grows like B throughout: every batch lies below the noise scale; measure larger ones.",
}
