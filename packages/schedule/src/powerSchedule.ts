import type { LrSchedule } from "./lrSchedule.ts"
import { check, requireFinite, requirePosition, requirePositive } from "./ScheduleError.ts"

/**
 * The power scheduler of Shen et al. 2024 (arXiv 2408.13359) as a schedule: after warmup the rate is
 * `min(peak, batchFactor * a * n^b)` with `n` the tokens consumed, so its knee is at `(peak / (batchFactor a))^(1/b)`.
 *
 * The paper makes the rate proportional to the batch size, but in which unit, and whether inside the minimum, we could
 * not verify; a public implementation (a = 4, b = -0.51, peak = 0.02) leaves the batch out. Hence nothing has a default:
 * `batchFactor` is the batch in the unit in which `a` was fitted, or 1 to leave it out. The decay to zero at the end of a
 * run is not part of this schedule. Throws `ScheduleError`.
 */
export const powerSchedule = (options: {
  /** Tokens. */
  readonly warmup: number
  /** eta_max, the peak learning rate. */
  readonly peak: number
  /** Rate at one token, per unit of `batchFactor`. */
  readonly a: number
  /** Below 0. */
  readonly b: number
  readonly batchFactor: number
}): LrSchedule & { readonly kind: "power" } => {
  const { warmup, peak, a, b, batchFactor } = options
  requirePosition("warmup", warmup)
  requirePositive("peak", peak)
  requirePositive("a", a)
  requirePositive("batchFactor", batchFactor)
  requireFinite("b", b)
  check(b < 0, "b", b, "below 0: the rate falls with tokens")
  return { kind: "power", warmup, knee: (peak / (batchFactor * a)) ** (1 / b), exponent: b }
}
