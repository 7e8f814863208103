import { type BestBatchAt, isEstimate, type Law } from "@ts/fit"
import { nats, power } from "../format/result.ts"
import { compactTokens, tokensLabel } from "../format/tokens.ts"
import { gridOf, ownCells } from "../law-view.ts"
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
  const { batches, horizons } = gridOf(ownCells(law))
  if (body.length === 0) return { blocks: [], footnotes: [] }
  const scale = scaleText([...batches, ...horizons])
  return {
    blocks: gridLines([eta.columns, ...body, ...bestRows(law, horizons)], width),
    footnotes: [
      ...notes.messages(2).map((m, i) => `${superscript(i + 1)} ${m}`),
      ...(scale === undefined ? [] : [scale]),
    ],
  }
}

/** Best batch and the loss there, where some horizon bounds it at least. */
const bestRows = (law: Law, horizons: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<string>> => {
  const known = law.bestBatches.filter(({ batch }) => isEstimate(batch) || batch.bound !== undefined)
  if (known.length === 0) return []
  const row = (label: string, text: (best: BestBatchAt) => string) => [
    label,
    ...horizons.map((tokens) => {
      const best = known.find((b) => b.tokens === tokens)
      return best === undefined ? "–" : text(best)
    }),
  ]
  return [
    row("best B", ({ batch }) => resultCell(batch, power).text),
    row("loss there", ({ loss }) => resultCell(loss, nats).text),
  ]
}

/** "2^31.32 = 2.68B tokens, …" for numbers that are no round powers. */
const scaleText = (tokens: ReadonlyArray<number>): string | undefined => {
  const told = tokens.flatMap((x) =>
    /^2\^\d+\./.test(tokensLabel(x)) ? [`${tokensLabel(x)} = ${compactTokens(x)}`] : [],
  )
  return told.length === 0 ? undefined : `${told.join(", ")} tokens`
}

const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹"

const superscript = (n: number | undefined): string =>
  n === undefined ? "" : [...String(n)].map((d) => digits[Number(d)]).join("")
