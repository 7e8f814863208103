import { check, requireFinite, requirePosition, requirePositive, requireSize, ScheduleError } from "./ScheduleError.ts"

/**
 * The batch size, in tokens, as a function of the tokens consumed before the step.
 *
 * - `constant`: `tokens` per step.
 * - `steps`: the piece with the greatest `from` at or below the tokens consumed; the first starts at 0. A step that
 *   reaches across a boundary is not cut: the new batch begins with the next step.
 * - `power`: `coefficient * consumed^exponent`, kept within [`min`, `max`] and rounded to the nearest multiple of
 *   `multiple`. `min` and `max` are multiples of it themselves.
 */
export type BatchSchedule =
  | { readonly kind: "constant"; readonly tokens: number }
  | { readonly kind: "steps"; readonly pieces: ReadonlyArray<{ readonly from: number; readonly tokens: number }> }
  | {
      readonly kind: "power"
      readonly coefficient: number
      readonly exponent: number
      readonly min: number
      readonly max: number
      readonly multiple: number
    }

/** Throws `ScheduleError` unless every field of the schedule makes sense, alone and together. */
export const validateBatchSchedule = (schedule: BatchSchedule): void => {
  switch (schedule.kind) {
    case "constant":
      requireSize("tokens", schedule.tokens)
      break
    case "steps": {
      const { pieces } = schedule
      check(pieces.length > 0, "pieces.length", pieces.length, "at least 1")
      pieces.forEach(({ from, tokens }, i) => {
        requirePosition(`pieces[${i}].from`, from)
        requireSize(`pieces[${i}].tokens`, tokens)
        if (i === 0) check(from === 0, "pieces[0].from", from, "0, the start of the run")
        else check(from > pieces[i - 1]!.from, `pieces[${i}].from`, from, "above that of the piece before it")
      })
      break
    }
    case "power": {
      const { coefficient, exponent, min, max, multiple } = schedule
      requirePositive("coefficient", coefficient)
      requireFinite("exponent", exponent)
      requireSize("multiple", multiple)
      for (const [field, value] of Object.entries({ min, max })) {
        requireSize(field, value)
        check(value % multiple === 0, field, value, `a multiple of ${multiple} (multiple)`)
      }
      check(max >= min, "max", max, `at least min, ${min}`)
      break
    }
    default:
      throw new ScheduleError("kind", (schedule as { kind: unknown }).kind, "one of constant, steps, power")
  }
}

/** The batch of a schedule that is known to be valid, at a position that is. */
export const batchAt = (schedule: BatchSchedule, consumed: number): number => {
  switch (schedule.kind) {
    case "constant":
      return schedule.tokens
    case "steps":
      return schedule.pieces.findLast(({ from }) => from <= consumed)!.tokens
    case "power": {
      const { coefficient, exponent, min, max, multiple } = schedule
      const wanted = coefficient * consumed ** exponent
      return Math.round(Math.min(max, Math.max(min, wanted)) / multiple) * multiple
    }
  }
}

/** Tokens in the step that begins when `consumed` tokens have been consumed. Throws `ScheduleError`. */
export const nextBatch = (schedule: BatchSchedule, consumed: number): number => {
  validateBatchSchedule(schedule)
  requirePosition("consumed", consumed)
  return batchAt(schedule, consumed)
}
