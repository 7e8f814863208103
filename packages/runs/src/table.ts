/** What a cell can hold, whatever the file. */
export type Cell = string | number | boolean | null | undefined

/** One column; arrays and typed arrays are columns as they are. */
export interface Column {
  readonly length: number
  at(row: number): Cell
}

export type Format = "csv" | "json" | "jsonl" | "parquet" | "optuna" | "memory"

/** Runs as they were written down: columns by name, cells as found. */
export interface Table {
  /** Where it comes from, as the name of its file. */
  readonly name: string
  readonly format: Format
  readonly columns: ReadonlyMap<string, Column>
  readonly rows: number
  /** How people find a row again: the line of a file, the row of a table, the trial of a study. */
  readonly unit: "line" | "row" | "trial"
  /** That number for each row; rows count from 1 where it is absent. */
  readonly places?: ArrayLike<number>
  /** Rows that cannot be trusted, from 0, and why. */
  readonly unreadable?: ReadonlyMap<number, string>
  /** What was noticed while reading. */
  readonly notes: ReadonlyArray<string>
}

/** A table from columns at hand, as `{ lr: [0.001, 0.002], loss: [3.1, 3.0] }`. Shorter columns end in blank cells. */
export const tableOf = (columns: Readonly<Record<string, Column>>, name = "table"): Table => {
  const entries = Object.entries(columns)
  return {
    name,
    format: "memory",
    columns: new Map(entries),
    rows: entries.reduce((most, [, column]) => Math.max(most, column.length), 0),
    unit: "row",
    notes: [],
  }
}

/** Number by which people find a row. */
export const placeOf = (table: Table, row: number): number => table.places?.[row] ?? row + 1

/** A blank cell says nothing: no text, or what R, pandas and spreadsheets write for a missing value. */
export const isBlank = (cell: Cell): boolean =>
  cell === undefined || cell === null || (typeof cell === "string" && /^\s*(?:na|n\/a|null|none|-)?\s*$/i.test(cell))
