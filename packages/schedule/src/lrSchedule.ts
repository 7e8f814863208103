import {
  check,
  requireFinite,
  requirePosition,
  requirePositive,
  requireRatio,
  requireSize,
  ScheduleError,
} from "./ScheduleError.ts"

/** How a decay falls from 1 to 0 with its progress p: `1 - p`, `(1 + cos(pi p)) / 2`, or `1 - sqrt(p)`. */
export type DecayShape = "linear" | "cosine" | "1-sqrt"

/**
 * A learning-rate schedule as plain data: the multiplier of the peak rate as a function of tokens. All positions are in
 * tokens; ids are those of the transformers library, where it has the schedule.
 *
 * - `constant`, `constant_with_warmup`: no end, so a run can always go on. The second is the papers' "warmup-stable".
 * - `warmup_stable_decay`: 1 up to `decayStart`, then down to `minRatio` at `horizon`. `minRatio` 0 and `shape` `linear`
 *   where left out.
 * - `cosine`: half a cosine from the end of warmup down to `minRatio` (0 where left out) at `horizon`.
 * - `linear`: a straight line from the end of warmup to 0 at `horizon`.
 * - `power`: `min(1, (tokens / knee)^exponent)` after warmup, exponent <= 0; no end. See `powerSchedule`.
 */
export type LrSchedule =
  | { readonly kind: "constant" }
  | { readonly kind: "constant_with_warmup"; readonly warmup: number }
  | {
      readonly kind: "warmup_stable_decay"
      readonly warmup: number
      readonly decayStart: number
      readonly horizon: number
      readonly shape?: DecayShape
      readonly minRatio?: number
    }
  | { readonly kind: "cosine"; readonly warmup: number; readonly horizon: number; readonly minRatio?: number }
  | { readonly kind: "linear"; readonly warmup: number; readonly horizon: number }
  | { readonly kind: "power"; readonly warmup: number; readonly knee: number; readonly exponent: number }

const KINDS = ["constant", "constant_with_warmup", "warmup_stable_decay", "cosine", "linear", "power"]

/** Throws `ScheduleError` unless every field of the schedule makes sense, alone and together. */
export const validateLrSchedule = (schedule: LrSchedule): void => {
  switch (schedule.kind) {
    case "constant":
      break
    case "constant_with_warmup":
      requirePosition("warmup", schedule.warmup)
      break
    case "warmup_stable_decay": {
      const { warmup, decayStart, horizon, shape = "linear", minRatio = 0 } = schedule
      requirePosition("warmup", warmup)
      requirePosition("decayStart", decayStart)
      requireSize("horizon", horizon)
      check(decayStart >= warmup, "decayStart", decayStart, `at least warmup, ${warmup}`)
      check(horizon > decayStart, "horizon", horizon, `above decayStart, ${decayStart}`)
      check(["linear", "cosine", "1-sqrt"].includes(shape), "shape", shape, `"linear", "cosine" or "1-sqrt"`)
      requireRatio("minRatio", minRatio)
      break
    }
    case "cosine":
    case "linear": {
      const { warmup, horizon } = schedule
      requirePosition("warmup", warmup)
      requireSize("horizon", horizon)
      check(horizon > warmup, "horizon", horizon, `above warmup, ${warmup}`)
      if (schedule.kind === "cosine") requireRatio("minRatio", schedule.minRatio ?? 0)
      break
    }
    case "power":
      requirePosition("warmup", schedule.warmup)
      requirePositive("knee", schedule.knee)
      requireFinite("exponent", schedule.exponent)
      check(schedule.exponent <= 0, "exponent", schedule.exponent, "0 or less: the rate falls with tokens")
      break
    default:
      throw new ScheduleError("kind", (schedule as { kind: unknown }).kind, `one of ${KINDS.join(", ")}`)
  }
}

/** The tokens at which the schedule ends; undefined where it has no end and a run can be extended for ever. */
export const horizonOf = (schedule: LrSchedule): number | undefined =>
  "horizon" in schedule ? schedule.horizon : undefined
