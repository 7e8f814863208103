import { type Cell, type Equivalence, isEstimate, type Law, type PointUse } from "@ts/fit"
import { fixed, signed, significant } from "../format/error.ts"
import { cellText, log2, plain } from "../format/result.ts"
import { tokensLabel } from "../format/tokens.ts"
import { ownCells } from "../law-view.ts"
import { numeral, type ReportTable, resultCell, type TableCell, words } from "./table.ts"

const uses: Readonly<Record<PointUse, string>> = {
  window: "in the fit",
  "outside-window": "outside the window",
  diverged: "diverged",
  pruned: "pruned",
}

/** Every measured point of the law's own profiles. */
export const profileTable = (law: Law): ReportTable => ({
  id: "profiles",
  caption: "Measured points of the loss profiles",
  columns: ["B", "T", "log2 eta", "loss (nats)", "seed", "use"],
  rows: ownCells(law).flatMap((cell) =>
    [...cell.points]
      .sort((a, b) => a.eta - b.eta)
      .map((p) => [
        numeral(cell.batch, tokensLabel(cell.batch)),
        numeral(cell.tokens, tokensLabel(cell.tokens)),
        numeral(p.eta, fixed(Math.log2(p.eta), 2)),
        Number.isFinite(p.loss) ? numeral(p.loss, p.loss.toFixed(4)) : words("not finite"),
        numeral(p.seed, String(p.seed)),
        words(isEstimate(cell.eta) || p.use !== "window" ? uses[p.use] : "no fit"),
      ]),
  ),
})

/** eta* of both widths wherever both were measured. */
export const widthTable = (law: Law): ReportTable => ({
  id: "widths",
  caption: "eta* of each pair of widths in the cells they share; differences in octaves",
  columns: ["widths", "B", "T", "log2 eta* (first)", "log2 eta* (second)", "difference"],
  rows: law.widths.flatMap((w) => {
    const [a, b] = w.widths
    const own = sharedCells(law, a, b).map(
      ([first, second]): ReadonlyArray<TableCell> => [
        words(`${a} and ${b}`),
        numeral(first.batch, tokensLabel(first.batch)),
        numeral(first.tokens, tokensLabel(first.tokens)),
        resultCell(first.eta, log2),
        resultCell(second.eta, log2),
        differenceOf(first, second),
      ],
    )
    const whole = (place: string, { difference, margin, verdict }: Equivalence): ReadonlyArray<TableCell> => [
      words(`${a} and ${b}`),
      words(place),
      words("all"),
      words(""),
      words(verdict === "not identified" && isEstimate(difference) ? "undecided" : verdict),
      isEstimate(difference)
        ? { text: `${cellText(difference, plain)}, margin ±${significant(margin)}`, value: difference.value }
        : resultCell(difference, plain),
    ]
    const laws = w.laws === undefined ? [] : [whole("peak B_crit", w.laws.peakBatch), whole("eta_crit", w.laws.peakEta)]
    return [...own, whole("all", w), ...laws]
  }),
})

const differenceOf = (first: Cell, second: Cell): TableCell => {
  if (!isEstimate(first.eta) || !isEstimate(second.eta)) return words("–")
  const octaves = Math.log2(second.eta.value / first.eta.value)
  return numeral(octaves, signed(octaves, 2))
}

/** Cells of two widths at the same batch and horizon, under the law's average. */
export const sharedCells = (law: Law, first: number, second: number): ReadonlyArray<readonly [Cell, Cell]> => {
  const read = law.cells.filter((cell) => cell.average === law.slice.average)
  const keyed = new Map(read.filter((c) => c.width === second).map((c) => [`${c.batch} ${c.tokens}`, c]))
  return read.flatMap((cell) => {
    const other = cell.width === first ? keyed.get(`${cell.batch} ${cell.tokens}`) : undefined
    return other === undefined ? [] : [[cell, other] as const]
  })
}

/** Rows that did not enter, by reason, with the first few of them. */
export const droppedTable = (law: Law): ReportTable => ({
  id: "dropped",
  caption: `${law.summary.used} of ${law.summary.rows} rows used`,
  columns: ["reason", "rows", "first of them (by index)"],
  rows: law.summary.reasons.map((r) => [
    words(r.reason),
    numeral(r.rows, String(r.rows)),
    words(r.examples.join(", ")),
  ]),
})
