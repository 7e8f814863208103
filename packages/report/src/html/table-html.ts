import { Footnotes } from "../tables/footnotes.ts"
import { blank, type ReportTable, type TableCell } from "../tables/table.ts"
import { escapeHtml, rich } from "./escape.ts"

/** A page is for reading: longer tables end here and say where the rest is. */
const mostRows = 1500

/** Words of a cell, in characters, that stay on one line. */
const longest = 40

const cellHtml = (cell: TableCell, place: string, notes: Footnotes): string => {
  const text = rich(cell.text)
  const n = notes.number(cell)
  if (n !== undefined)
    return `<td class="none" title="${escapeHtml(cell.note ?? "")}">${text}<a href="#note-${place}-${n}">${n}</a></td>`
  if (cell.value !== undefined || cell === blank) return `<td>${text}</td>`
  return `<td class="${cell.text.length > longest ? "word long" : "word"}">${text}</td>`
}

/** A table with its footnotes. */
export const tableHtml = (table: ReportTable, place = table.id): string => {
  const notes = new Footnotes()
  const shown = table.rows.slice(0, mostRows)
  const body = shown
    .map((row) => {
      const [head, ...rest] = row
      return `<tr><th scope="row">${rich(head.text)}</th>${rest.map((cell) => cellHtml(cell, place, notes)).join("")}</tr>`
    })
    .join("\n")
  const messages = notes.messages()
  const notesHtml =
    messages.length === 0
      ? ""
      : `<ol class="footnotes">${messages.map((m, i) => `<li id="note-${place}-${i + 1}">${rich(m)}</li>`).join("")}</ol>`
  const more =
    shown.length < table.rows.length
      ? `<p class="note">The first ${shown.length} of ${table.rows.length} rows; the rest is in the study's data.</p>`
      : ""
  const ofWords = (column: number) =>
    table.rows.length > 0 && table.rows.every((row) => row[column]?.value === undefined && row[column] !== blank)
  const head = table.columns
    .map((c, j) => `<th scope="col"${ofWords(j) ? ' class="word"' : ""}>${rich(c)}</th>`)
    .join("")
  const note = table.note === undefined ? "" : `<p class="note">${rich(table.note)}</p>`
  const empty = table.rows.length === 0 ? `<p class="note">No rows.</p>` : ""
  return `<div class="scroll"><table id="table-${place}"><caption>${rich(table.caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>${note}${empty}${more}${notesHtml}`
}
