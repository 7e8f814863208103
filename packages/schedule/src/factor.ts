import { type DecayShape, type LrSchedule, validateLrSchedule } from "./lrSchedule.ts"
import { ScheduleError } from "./ScheduleError.ts"

/** From 1 at progress 0 to 0 at progress 1. */
const decayed = (shape: DecayShape, progress: number): number => {
  if (progress >= 1) return 0
  if (progress <= 0) return 1
  switch (shape) {
    case "linear":
      return 1 - progress
    case "cosine":
      return (1 + Math.cos(Math.PI * progress)) / 2
    case "1-sqrt":
      return 1 - Math.sqrt(progress)
  }
}

const lift = (value: number, minRatio: number): number => minRatio + (1 - minRatio) * value

/** The schedule once warmup is over. */
const afterWarmup = (schedule: LrSchedule, tokens: number): number => {
  switch (schedule.kind) {
    case "constant":
    case "constant_with_warmup":
      return 1
    case "warmup_stable_decay": {
      const progress = (tokens - schedule.decayStart) / (schedule.horizon - schedule.decayStart)
      return lift(decayed(schedule.shape ?? "linear", progress), schedule.minRatio ?? 0)
    }
    case "cosine": {
      const progress = (tokens - schedule.warmup) / (schedule.horizon - schedule.warmup)
      return lift(decayed("cosine", progress), schedule.minRatio ?? 0)
    }
    case "linear":
      return decayed("linear", (tokens - schedule.warmup) / (schedule.horizon - schedule.warmup))
    case "power":
      return tokens <= schedule.knee ? 1 : (tokens / schedule.knee) ** schedule.exponent
  }
}

/**
 * The multiplier, in [0, 1], of the peak learning rate for the optimiser step that **ends** at `tokens`, the tokens
 * consumed including that step's batch. So the first step of a warmup is not wasted at rate 0, the step that ends at
 * `warmup` runs at the full rate, and the step that ends at `horizon` runs at `minRatio` (0: it changes nothing).
 *
 * Warmup is linear, `tokens / warmup` of what follows it. Past its horizon a schedule stays at its last value.
 *
 * transformers' schedulers, counted in steps of one batch, give the step after `tokens` what this gives the step that
 * ends there; otherwise the formulas are the same, but that theirs for `warmup_stable_decay` start the warmup at
 * `minRatio` and these start at 0. Throws `ScheduleError`.
 */
export const factor = (schedule: LrSchedule, tokens: number): number => {
  validateLrSchedule(schedule)
  if (!(tokens >= 0 && tokens < Number.POSITIVE_INFINITY))
    throw new ScheduleError("tokens", tokens, "a finite number, 0 or more")
  const warmup = schedule.kind === "constant" ? 0 : schedule.warmup
  return tokens < warmup ? (tokens / warmup) * afterWarmup(schedule, warmup) : afterWarmup(schedule, tokens)
}
