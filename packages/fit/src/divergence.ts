import type { Status } from "./row.ts"

export interface Reading {
  readonly eta: number
  readonly loss: number
  readonly status?: Status
  readonly initialLoss?: number
}

/** A loss this many times the lowest of its profile, at a higher rate, is a divergence. */
export const divergenceFactor = 1.5

/**
 * Which readings of one loss profile diverged:
 *
 * 1. the run says so, or its loss is not a finite number;
 * 2. its loss lies above the loss at initialisation, where that is known;
 * 3. it was not pruned, and its loss lies above 1.5 times the lowest loss of the profile *and* its rate above the rate of that lowest loss. Too small a
 *    rate can leave a loss as high without any divergence, so the rule looks to the right only. (A cliff at twice the best
 *    rate in small models lifts the loss by a factor of 1.2; a run that has lost everything it learnt by 2 and more.)
 */
export const divergedReadings = (readings: ReadonlyArray<Reading>): ReadonlyArray<boolean> => {
  const certain = readings.map(
    (r) =>
      r.status === "diverged" ||
      !Number.isFinite(r.loss) ||
      (r.initialLoss !== undefined && Number.isFinite(r.initialLoss) && r.loss > r.initialLoss),
  )
  let lowest: Reading | undefined
  readings.forEach((r, i) => {
    if (!certain[i] && r.status !== "pruned" && (lowest === undefined || r.loss < lowest.loss)) lowest = r
  })
  const best = lowest
  if (best === undefined) return certain
  return readings.map(
    (r, i) => certain[i] || (r.status !== "pruned" && r.eta > best.eta && r.loss > divergenceFactor * best.loss),
  )
}
