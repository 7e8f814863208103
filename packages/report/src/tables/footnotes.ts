import type { TableCell } from "./table.ts"

/** Numbers the reasons of a table's cells: one footnote per reason, so that a table of few steps does not end in twenty sentences. */
export class Footnotes {
  private readonly notes = new Map<string, Array<string>>()

  /** The number of the cell's footnote, from 1; `undefined` where it has none. */
  number(cell: TableCell): number | undefined {
    if (cell.note === undefined) return undefined
    const key = cell.reason ?? cell.text
    const messages = this.notes.get(key)
    if (messages === undefined) this.notes.set(key, [cell.note])
    else messages.push(cell.note)
    return [...this.notes.keys()].indexOf(key) + 1
  }

  /** The messages behind the numbers, in their order; more than `atMost` under one word are told by the first of them. */
  messages(atMost = 3): ReadonlyArray<string> {
    return [...this.notes.values()].map((all) => {
      const distinct = [...new Set(all)]
      if (distinct.length <= atMost) return distinct.join(" ")
      const more = all.length - 1
      return `${distinct[0]} So in ${more} more cell${more === 1 ? "" : "s"}.`
    })
  }
}
