import { HyperparameterError, requireNonNegative, requireRatio } from "./HyperparameterError.ts"

/**
 * What weight decay is proportional to.
 *
 * - `coupled-to-lr`: `w <- w (1 - lr_t lambda)`, `torch.optim.AdamW`. Timescale `1 / (lr lambda)` steps.
 * - `independent`: `w <- w (1 - lambda lr_t / lr_peak)`, MosaicML's `DecoupledAdamW`, and the original paper's form
 *   (Loshchilov and Hutter 2019, algorithm 2). It follows the schedule's shape but not the base rate, so its timescale is
 *   `1 / lambda` steps and a sweep of the rate (or a muP multiplier) leaves it alone.
 */
export type Coupling = "coupled-to-lr" | "independent"

export interface Decay {
  readonly coupling: Coupling
  /** lambda, 0 or more. */
  readonly weightDecay: number
  /** Learning rate of this step, lr_t, for this tensor. */
  readonly lr: number
  /** The schedule's multiplier of this step, `lr_t / lr_peak` in [0, 1]; only independent decay reads it. */
  readonly schedule: number
}

/** The fraction of a weight that decay takes away in this step: `lr_t lambda` or `lambda lr_t / lr_peak`. */
export const decayFraction = ({ coupling, weightDecay, lr, schedule }: Decay): number => {
  requireNonNegative("weightDecay", weightDecay)
  requireNonNegative("lr", lr)
  requireRatio("schedule", schedule)
  switch (coupling) {
    case "coupled-to-lr":
      return lr * weightDecay
    case "independent":
      return weightDecay * schedule
    default:
      throw new HyperparameterError("coupling", coupling, `"coupled-to-lr" or "independent"`)
  }
}
