import type { Cell } from "./table.ts"

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !ArrayBuffer.isView(value) &&
  !(value instanceof Date)

/** W&B keeps each entry of a configuration as `{ value, desc }`. */
const unwrapped = (value: unknown): unknown =>
  isObject(value) && "value" in value && Object.keys(value).every((key) => key === "value" || key === "desc")
    ? value["value"]
    : value

/** A value as a cell. Integers of 64 bits become numbers where that loses nothing, else text. Lists and bytes are no cells. */
const cellOf = (value: unknown): Cell => {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
    default:
      return value instanceof Date ? value.toISOString() : undefined
  }
}

/** Hands each leaf of a value to `put`, named by its path with dots: `{ config: { lr: { value: 1 } } }` is `config.lr`. */
export const flatten = (name: string, value: unknown, put: (name: string, cell: Cell) => void): void => {
  const bare = unwrapped(value)
  if (isObject(bare)) for (const key of Object.keys(bare)) flatten(name === "" ? key : `${name}.${key}`, bare[key], put)
  else put(name, cellOf(bare))
}

/** Columns that grow as cells are named; what a row does not name is blank. */
export class Columns {
  readonly byName = new Map<string, Array<Cell>>()

  put(row: number, name: string, cell: Cell): void {
    let column = this.byName.get(name)
    if (column === undefined) {
      column = []
      this.byName.set(name, column)
    }
    while (column.length < row) column.push(undefined)
    column[row] = cell
  }

  /** A whole row, nested values flattened. */
  add(row: number, value: unknown): void {
    flatten("", value, (name, cell) => this.put(row, name, cell))
  }
}
