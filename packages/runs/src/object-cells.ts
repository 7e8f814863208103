import { Columns, flatten } from "./flatten.ts"
import { parseJson } from "./json.ts"
import { parsePythonLiteral } from "./python-literal.ts"
import { type Cell, type Column, isBlank, type Table } from "./table.ts"

const objectIn = (cell: Cell): unknown => {
  if (typeof cell !== "string" || !cell.startsWith("{")) return undefined
  try {
    return parseJson(cell)
  } catch {
    return parsePythonLiteral(cell)
  }
}

/** The first cell that says something, among the first thousand. */
const firstCell = (column: Column, rows: number): Cell => {
  for (let row = 0; row < Math.min(rows, 1000); row++) {
    const cell = column.at(row)
    if (!isBlank(cell)) return cell
  }
  return undefined
}

/** Columns whose cells hold whole objects, as `config` in exports of W&B, become a column for each entry: `config.lr`. */
export const expandObjects = (table: Table): Table => {
  const columns = new Map<string, Column>()
  for (const [name, column] of table.columns) {
    if (objectIn(firstCell(column, table.rows)) === undefined) {
      columns.set(name, column)
      continue
    }
    const inner = new Columns()
    for (let row = 0; row < table.rows; row++) {
      const value = objectIn(column.at(row))
      if (value !== undefined) flatten(name, value, (path, cell) => inner.put(row, path, cell))
    }
    for (const [path, cells] of inner.byName) columns.set(path, cells)
  }
  return { ...table, columns }
}
