import type { TableCell } from "../tables/table.ts"

const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹"

export const superscript = (n: number): string => [...String(n)].map((d) => digits[Number(d)]).join("")

/** More messages than this under one word are told by the first of them. */
const atMost = 3

/** Numbers the short words of cells, and keeps the full messages behind them. */
export class Footnotes {
  private readonly notes = new Map<string, Array<string>>()

  /** The cell's text with the number of its footnote, where it has one. */
  mark(cell: TableCell): string {
    if (cell.note === undefined) return cell.text
    const word = /\d/.test(cell.text) ? "edge" : cell.text
    const messages = this.notes.get(word)
    if (messages === undefined) this.notes.set(word, [cell.note])
    else messages.push(cell.note)
    return `${cell.text}${superscript([...this.notes.keys()].indexOf(word) + 1)}`
  }

  lines(): ReadonlyArray<string> {
    return [...this.notes.values()].map((all, i) => {
      const messages = [...new Set(all)]
      const shown = messages.length > atMost ? messages.slice(0, 1) : messages
      const more = all.length - shown.length
      const rest = messages.length > atMost ? ` Likewise in ${more} more cell${more === 1 ? "" : "s"}.` : ""
      return `${superscript(i + 1)} ${shown.join(" ")}${rest}`
    })
  }
}
