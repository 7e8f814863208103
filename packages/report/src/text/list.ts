import { wrap } from "./layout.ts"

const gap = "  "
/** Narrower than this, a column of words is hard to read. */
const narrowest = 24

/** Rows of words: columns side by side, the last one wrapped in what is left of the width, or below the others where that is little. */
export const listLines = (rows: ReadonlyArray<ReadonlyArray<string>>, width: number): ReadonlyArray<string> => {
  const columns = rows[0]?.length ?? 0
  const widths = Array.from({ length: columns - 1 }, (_, j) =>
    rows.reduce((most, row) => Math.max(most, row[j].length), 0),
  )
  const used = widths.reduce((sum, w) => sum + w + gap.length, 0)
  const beside = width - used >= narrowest
  const hang = " ".repeat(beside ? used : 4)
  return rows.flatMap((row) => {
    const cells = row.slice(0, -1)
    const padded = cells.map((cell, j) => cell.padEnd(widths[j])).join(gap)
    const head = padded.trimEnd()
    const last = wrap(row[columns - 1], width - hang.length)
    if (beside) return last.length === 0 ? [head] : last.map((line, i) => `${i === 0 ? padded + gap : hang}${line}`)
    const own = used - gap.length <= width ? [head] : wrap(cells.join(gap), width)
    return [...own, ...last.map((line) => `${hang}${line}`)]
  })
}
