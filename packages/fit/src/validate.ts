import type { Row } from "./row.ts"

/** A row that means nothing. Thrown by everything that takes rows. */
export class InvalidRowError extends Error {
  override readonly name = "InvalidRowError"
  readonly field: string
  readonly value: unknown
  /** Position among the rows given, from 0. */
  readonly row: number
  constructor(field: string, value: unknown, row: number, rule: string) {
    super(`Row ${row}: ${field} is ${String(value)}; it must be ${rule}. Correct or remove the row.`)
    this.field = field
    this.value = value
    this.row = row
  }
}

/** An option that means nothing. */
export class InvalidOptionError extends Error {
  override readonly name = "InvalidOptionError"
  readonly option: string
  readonly value: unknown
  constructor(option: string, value: unknown, rule: string) {
    super(`${option} is ${String(value)}; it must be ${rule}.`)
    this.option = option
    this.value = value
  }
}

const statuses: ReadonlyArray<string> = ["finished", "diverged", "pruned"]

/** @throws InvalidRowError for a learning rate, batch or horizon that is not positive, and the like */
export const validateRows = (rows: ReadonlyArray<Row>): void => {
  rows.forEach((row, i) => {
    for (const field of ["tokens", "batch", "eta"] as const)
      if (!(Number.isFinite(row[field]) && row[field] > 0))
        throw new InvalidRowError(field, row[field], i, "a finite number above zero")
    for (const field of ["width", "steps", "warmupSteps", "size"] as const) {
      const value = row[field]
      if (value !== undefined && !(Number.isFinite(value) && value >= 0))
        throw new InvalidRowError(field, value, i, "a finite number, zero or above")
    }
    if (typeof row.loss !== "number") throw new InvalidRowError("loss", row.loss, i, "a number (NaN where diverged)")
    if (typeof row.runId !== "string") throw new InvalidRowError("runId", row.runId, i, "a string")
    if (typeof row.average !== "string") throw new InvalidRowError("average", row.average, i, "a string such as none")
    if (!statuses.includes(row.status))
      throw new InvalidRowError("status", row.status, i, `one of ${statuses.join(", ")}`)
  })
}

export const requireOption = (option: string, value: number, holds: boolean, rule: string): void => {
  if (!(Number.isFinite(value) && holds)) throw new InvalidOptionError(option, value, rule)
}

/** Coverage and the like: strictly between 0 and 1. */
export const requireFraction = (option: string, value: number): void =>
  requireOption(option, value, value > 0 && value < 1, "between 0 and 1")

export const requirePositive = (option: string, value: number): void =>
  requireOption(option, value, value > 0, "a finite number above zero")
