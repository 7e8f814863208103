import type { OpKind } from "./Program.ts"

/** A buffer does not fit the slot it is bound to. */
export class ShapeError extends Error {
  override readonly name = "ShapeError"
  readonly operation: OpKind
  readonly slot: string
  readonly buffer: string
  constructor(operation: OpKind, slot: string, buffer: string, message: string) {
    super(`${operation}: ${message}`)
    this.operation = operation
    this.slot = slot
    this.buffer = buffer
  }
}

/** A program is malformed: a slot, a name, an order of operations or a storage that cannot be. */
export class ProgramError extends Error {
  override readonly name = "ProgramError"
  /** The operation at fault, where one is. */
  readonly operation: OpKind | undefined
  constructor(message: string, operation?: OpKind) {
    super(operation === undefined ? message : `${operation}: ${message}`)
    this.operation = operation
  }
}

/** An executable was asked for a buffer, scalar or average that it does not hold. */
export class UnknownName extends Error {
  override readonly name = "UnknownName"
  readonly what: string
  readonly unknown: string
  constructor(what: "buffer" | "scalar" | "average", unknown: string, known: Iterable<string>, hint = "") {
    const names = [...known]
    const shown = names.slice(0, 12).join(", ") + (names.length > 12 ? `, ... (${names.length} in all)` : "")
    super(`no ${what} named "${unknown}" here; there are: ${shown || "none"}${hint && `. ${hint}`}`)
    this.what = what
    this.unknown = unknown
  }
}
