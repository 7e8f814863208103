import { declaredDelimiter, refuseSecondHeader, totalRows } from "./csv-head.ts"
import { cellText, type Records, scanRecords, sniffDelimiter } from "./csv-scan.ts"
import { RunsFormatError } from "./errors.ts"
import { expandObjects } from "./object-cells.ts"
import type { Cell, Column, Table } from "./table.ts"
import { chartTable } from "./wandb-chart.ts"

const decimalComma = /^[+-]?\d+,\d+(?:[eE][+-]?\d+)?$/

const columnOf = (text: string, records: Records, k: number, commas: boolean): Column => ({
  length: records.count - 1,
  at: (row): Cell => {
    const cell = cellText(text, records, row + 1, k)
    return commas && cell !== undefined && decimalComma.test(cell) ? cell.replace(",", ".") : cell
  },
})

/** Names of the columns; one that comes twice is told apart by a number. */
const headerOf = (text: string, records: Records): ReadonlyArray<string> => {
  const seen = new Map<string, number>()
  const names: Array<string> = []
  for (let k = 0; k < records.first[1] - 1; k++) {
    const name = cellText(text, records, 0, k) ?? ""
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    names.push(times === 1 ? name : `${name} (${times})`)
  }
  return names
}

/** Rows of totals, and rows with more cells than names: something in them holds a bare delimiter, and every later cell is in the wrong column. */
const unreadableRows = (text: string, records: Records, width: number): ReadonlyMap<number, string> => {
  const rows = new Map<number, string>()
  for (const row of totalRows(text, records)) rows.set(row, "a line of totals, as its first cell says")
  for (let r = 1; r < records.count; r++) {
    const cells = records.first[r + 1] - records.first[r] - 1
    for (let k = width; k < cells; k++)
      if (cellText(text, records, r, k) !== "") {
        rows.set(r - 1, `${cells} cells under ${width} names: quote the cell that holds the delimiter`)
        break
      }
  }
  return rows
}

/**
 * Reads CSV or TSV text with a header line. Cells stay in the text until somebody asks for them, so a column that no mapping names costs nothing.
 * Where semicolons part the cells, `0,001` is a number with a decimal comma.
 *
 * @throws RunsFormatError
 */
export const parseCsv = (raw: string, file: string, given?: string): Table => {
  const { text, delimiter: declared } = declaredDelimiter(raw)
  const delimiter = given ?? declared ?? sniffDelimiter(text, file)
  const records = scanRecords(text, delimiter, file)
  if (records.count === 0)
    throw new RunsFormatError(file, "holds no rows; give a header line and a line for each reading")
  const names = headerOf(text, records)
  if (names.every((name) => name !== "" && Number.isFinite(Number(name))))
    throw new RunsFormatError(file, "begins with numbers; give it a header line that names the columns")
  refuseSecondHeader(text, records, file)
  if (records.count === 1) throw new RunsFormatError(file, "holds no rows below its header line")
  const columns = new Map<string, Column>()
  names.forEach((name, k) => {
    if (name !== "") columns.set(name, columnOf(text, records, k, delimiter === ";"))
  })
  const table: Table = {
    name: file,
    format: "csv",
    columns,
    rows: records.count - 1,
    unit: "line",
    places: records.lines.subarray(1, records.count),
    unreadable: unreadableRows(text, records, names.length),
    notes: [],
  }
  return chartTable(table) ?? expandObjects(table)
}
