/** Input that no parametrisation can be made of. A program reads `field` and `value`; a person reads the message. */
export class MupError extends Error {
  readonly _tag = "MupError"
  /** Path of the offending input, such as `tensors[2].fanIn` or `shape.headSize`. */
  readonly field: string
  /** What was found there. */
  readonly value: unknown
  /** What to do about it. */
  readonly remedy: string

  constructor(field: string, value: unknown, problem: string, remedy: string) {
    super(`${field} ${problem} (found ${show(value)}): ${remedy}`)
    this.name = "MupError"
    this.field = field
    this.value = value
    this.remedy = remedy
  }
}

const show = (value: unknown): string => {
  // JSON has neither NaN nor Infinity nor undefined; here they are the usual culprits.
  if (typeof value === "number" || value === undefined || typeof value === "bigint") return String(value)
  const text = JSON.stringify(value) ?? typeof value
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
