import type { ReportTable, TableCell } from "../tables/table.ts"
import { escapeHtml, rich } from "./escape.ts"

/** A page is for reading: longer tables end here and say where the rest is. */
const mostRows = 1500

/** Numbers of footnotes by message, shared by one table. */
export class FootnoteList {
  private readonly numbers = new Map<string, number>()
  private readonly prefix: string

  constructor(prefix: string) {
    this.prefix = prefix
  }

  link(message: string): string {
    const n = this.numbers.get(message) ?? this.numbers.size + 1
    this.numbers.set(message, n)
    return `<a href="#${this.prefix}-${n}">${n}</a>`
  }

  html(): string {
    if (this.numbers.size === 0) return ""
    const items = [...this.numbers].map(([message, n]) => `<li id="${this.prefix}-${n}">${rich(message)}</li>`)
    return `<ol class="footnotes">${items.join("")}</ol>`
  }
}

const cellHtml = (cell: TableCell, notes: FootnoteList): string => {
  const text = rich(cell.text)
  if (cell.note !== undefined) return `<td class="none">${text} ${notes.link(cell.note)}</td>`
  if (cell.value !== undefined) return `<td>${text}</td>`
  return `<td class="word">${text}</td>`
}

/** A table with its footnotes. */
export const tableHtml = (table: ReportTable, place = table.id): string => {
  const notes = new FootnoteList(`note-${place}`)
  const shown = table.rows.slice(0, mostRows)
  const body = shown
    .map((row) => {
      const [head, ...rest] = row
      return `<tr><th scope="row">${rich(head.text)}</th>${rest.map((cell) => cellHtml(cell, notes)).join("")}</tr>`
    })
    .join("\n")
  const more =
    shown.length < table.rows.length
      ? `<p class="note">The first ${shown.length} of ${table.rows.length} rows; the rest is in the study's data.</p>`
      : ""
  const head = table.columns.map((c) => `<th scope="col">${rich(c)}</th>`).join("")
  const empty = table.rows.length === 0 ? `<p class="note">No rows.</p>` : ""
  return `<div class="scroll"><table id="table-${escapeHtml(place)}"><caption>${rich(table.caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>${empty}${more}${notes.html()}`
}
