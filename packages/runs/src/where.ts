import { type Condition, parseCondition } from "./condition.ts"
import { distinctTexts } from "./distinct.ts"
import { MappingError } from "./errors.ts"
import { textIn } from "./named-runs.ts"
import { fillColumns } from "./settings.ts"
import { placeOf, type Table } from "./table.ts"

const NAMED = 8

const noneMeets = (table: Table, { text, column }: Condition): MappingError => {
  const { values } = distinctTexts(table.rows, (row) => textIn(table, column, row))
  const more = values.length > NAMED ? ` and ${values.length - NAMED} more` : ""
  return new MappingError(
    "where",
    text,
    `no row meets this; "${column}" holds ${values.slice(0, NAMED).join(", ")}${more}.`,
  )
}

/** Only these rows of a table, in this order. */
const selected = (table: Table, kept: Int32Array): Table => {
  const columns = new Map(
    [...table.columns].map(([name, column]) => [
      name,
      { length: kept.length, at: (row: number) => column.at(kept[row]) },
    ]),
  )
  const unreadable = new Map<number, string>()
  kept.forEach((row, k) => {
    const why = table.unreadable?.get(row)
    if (why !== undefined) unreadable.set(k, why)
  })
  return { ...table, columns, rows: kept.length, places: kept.map((row) => placeOf(table, row)), unreadable }
}

export interface Filtered {
  readonly table: Table
  /** Row of the table given behind each row that is left; absent where all are. */
  readonly kept?: Int32Array
}

/**
 * The rows that meet all conditions. A value that is written once in a run holds for all its rows. Rows that cannot be read stay, to be dropped with
 * their reason.
 *
 * @param run column that names runs, where one does
 * @throws MappingError for a condition that cannot be read, and where no row is left
 */
export const whereRows = (raw: Table, where: ReadonlyArray<string>, run: string | undefined): Filtered => {
  if (where.length === 0 || raw.rows === 0) return { table: raw }
  const conditions = where.map((text) => parseCondition(text, [...raw.columns.keys()]))
  const names = conditions.map(({ column }) => column)
  const runs = run === undefined ? undefined : distinctTexts(raw.rows, (row) => textIn(raw, run, row) || `row ${row}`)
  const table = runs === undefined ? raw : (fillColumns(raw, names, runs) ?? raw)

  const met = new Int32Array(conditions.length)
  const kept = new Int32Array(table.rows)
  let count = 0
  let readable = 0
  for (let row = 0; row < table.rows; row++) {
    let all = true
    conditions.forEach(({ column, meets }, k) => {
      if (meets(table.columns.get(column)?.at(row))) met[k]++
      else all = false
    })
    const unreadable = table.unreadable?.has(row) === true
    if (all || unreadable) kept[count++] = row
    if (all && !unreadable) readable++
  }
  if (readable === 0) {
    const failing = conditions.find((_, k) => met[k] === 0)
    throw failing === undefined
      ? new MappingError("where", where.join(" and "), "no row meets all of these.")
      : noneMeets(table, failing)
  }
  return { table: selected(table, kept.slice(0, count)), kept: kept.slice(0, count) }
}
