/** A field of a schedule, or a position, outside its domain. `field` and `value` say which; the message what would do. */
export class ScheduleError extends RangeError {
  readonly _tag = "ScheduleError"
  readonly field: string
  readonly value: unknown
  constructor(field: string, value: unknown, wanted: string) {
    super(`${field} is ${String(value)}; it must be ${wanted}`)
    this.name = "ScheduleError"
    this.field = field
    this.value = value
  }
}

export const check = (holds: boolean, field: string, value: unknown, wanted: string): void => {
  if (!holds) throw new ScheduleError(field, value, wanted)
}

// Written so that NaN fails each of them.
export const requirePosition = (field: string, value: number): void =>
  check(Number.isSafeInteger(value) && value >= 0, field, value, "a whole number of tokens, 0 or more")
export const requireSize = (field: string, value: number): void =>
  check(Number.isSafeInteger(value) && value >= 1, field, value, "a whole number of tokens, 1 or more")
export const requireFinite = (field: string, value: number): void =>
  check(Number.isFinite(value), field, value, "a finite number")
export const requirePositive = (field: string, value: number): void =>
  check(value > 0 && value < Number.POSITIVE_INFINITY, field, value, "a finite number above 0")
export const requireRatio = (field: string, value: number): void =>
  check(value >= 0 && value <= 1, field, value, "in [0, 1]")
