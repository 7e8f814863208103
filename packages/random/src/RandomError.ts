/** A seed, index, bound or scale that has no meaning. `field` and `value` say which; the message says what would do. */
export class RandomError extends RangeError {
  readonly _tag = "RandomError"
  readonly field: string
  readonly value: unknown
  constructor(field: string, value: unknown, wanted: string) {
    super(`${field} is ${String(value)}; it must be ${wanted}`)
    this.name = "RandomError"
    this.field = field
    this.value = value
  }
}

export const requireIndex = (field: string, value: number): void => {
  if (!(Number.isSafeInteger(value) && value >= 0)) throw new RandomError(field, value, "an integer from 0 to 2^53 - 1")
}
