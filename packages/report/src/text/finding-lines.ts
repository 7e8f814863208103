import type { Finding } from "../findings/finding.ts"
import type { ReportTable } from "../tables/table.ts"
import { gridLines } from "./grid.ts"
import { entry, wrap } from "./layout.ts"
import { listLines } from "./list.ts"
import type { Paint } from "./paint.ts"

const indent = "  "

/** Its columns side by side; a column of sentences, if it is the last, wrapped. */
const tableLines = (table: ReportTable, width: number, paint: Paint): ReadonlyArray<string> => {
  const rows = [table.columns, ...table.rows.map((row) => row.map((cell) => cell.text))]
  const room = width - indent.length
  const sentences = table.rows.some((row) => (row[row.length - 1]?.text.length ?? 0) > 20)
  const blocks = sentences ? [listLines(rows, room)] : gridLines(rows, room)
  return [
    ...blocks.flatMap((block, b) => [
      ...(b === 0 ? [] : [""]),
      ...block.map((line, i) => `${indent}${i === 0 ? paint.faint(line) : line}`),
    ]),
    ...wrap(table.note ?? "", room).map((line) => paint.faint(`${indent}${line}`)),
  ]
}

/** A finding: its label in the margin, its words and notes hanging from it, its table below. */
export const findingLines = (finding: Finding, width: number, paint: Paint): ReadonlyArray<string> => [
  ...entry(finding.label, finding.text, width, {
    label: paint.label,
    body: finding.state === "not identified" ? paint.missing : finding.state === "noted" ? paint.plain : paint.found,
  }),
  ...finding.notes.flatMap((note) => entry("", note, width, { label: paint.faint, body: paint.faint })),
  ...(finding.table === undefined ? [] : tableLines(finding.table, width, paint)),
]
