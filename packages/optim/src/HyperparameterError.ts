/** A hyperparameter outside its domain. `field` and `value` say which; the message says what would do. */
export class HyperparameterError extends RangeError {
  readonly _tag = "HyperparameterError"
  readonly field: string
  readonly value: unknown
  constructor(field: string, value: unknown, wanted: string) {
    super(`${field} is ${String(value)}; it must be ${wanted}`)
    this.name = "HyperparameterError"
    this.field = field
    this.value = value
  }
}

const check = (holds: boolean, field: string, value: number, wanted: string): void => {
  if (!holds) throw new HyperparameterError(field, value, wanted)
}

// Written so that NaN fails each of them.
export const requireFraction = (field: string, value: number): void =>
  check(value >= 0 && value < 1, field, value, "in [0, 1)")
export const requireRatio = (field: string, value: number): void =>
  check(value >= 0 && value <= 1, field, value, "in [0, 1]")
export const requireNonNegative = (field: string, value: number): void =>
  check(value >= 0 && value < Number.POSITIVE_INFINITY, field, value, "a finite number, 0 or more")
export const requirePositive = (field: string, value: number): void =>
  check(value > 0 && value < Number.POSITIVE_INFINITY, field, value, "a finite number above 0")
export const requireStep = (field: string, value: number): void =>
  check(Number.isSafeInteger(value) && value >= 1, field, value, "a whole number of steps, counted from 1")
