import type { Law } from "@ts/fit"
import { nats, power } from "../format/result.ts"
import { Footnotes } from "../tables/footnotes.ts"
import { resultCell } from "../tables/table.ts"
import { tables } from "../tables/tables.ts"
import { gridLines } from "./grid.ts"

export interface EtaGrid {
  /** Blocks of lines: header first, then batches, then best batch and loss. */
  readonly blocks: ReadonlyArray<ReadonlyArray<string>>
  readonly footnotes: ReadonlyArray<string>
}

/** eta*(B, T) with the best batch and the loss there below, and footnotes for what is not identified. */
export const etaGrid = (law: Law, width: number): EtaGrid => {
  const { eta } = tables(law)
  const notes = new Footnotes()
  const body = eta.rows.map((row) => row.map((cell) => `${cell.text}${superscript(notes.number(cell))}`))
  const horizons = [...new Set(law.cells.map((cell) => cell.tokens))]
  if (eta.rows.length === 0 || horizons.length === 0) return { blocks: [], footnotes: [] }
  const losses = bestLosses(law, eta.columns.length)
  return {
    blocks: gridLines([eta.columns, ...body, ...losses], width),
    footnotes: notes.messages(2).map((m, i) => `${superscript(i + 1)} ${m}`),
  }
}

const bestLosses = (law: Law, columns: number): ReadonlyArray<ReadonlyArray<string>> => {
  if (law.bestBatches.length !== columns - 1) return []
  return [
    ["best B", ...law.bestBatches.map((b) => resultCell(b.batch, power).text)],
    ["its loss", ...law.bestBatches.map((b) => resultCell(b.loss, nats).text)],
  ]
}

const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹"

const superscript = (n: number | undefined): string =>
  n === undefined ? "" : [...String(n)].map((d) => digits[Number(d)]).join("")
