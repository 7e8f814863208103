import type { Cell, Law } from "@ts/fit"
import { log2, nats } from "../format/result.ts"
import { tokensLabel } from "../format/tokens.ts"
import { gridOf, ownCells, sliceText } from "../law-view.ts"
import { blank, type ReportTable, resultCell, type TableCell, words } from "./table.ts"

const corner = "B \\ T"

/** A quantity of the law's own cells, batches down and horizons across. */
const byBatchAndHorizon = (law: Law, id: string, caption: string, cell: (cell: Cell) => TableCell): ReportTable => {
  const { batches, horizons, at } = gridOf(ownCells(law))
  return {
    id,
    caption,
    columns: [corner, ...horizons.map(tokensLabel)],
    rows: batches.map((batch) => [
      words(tokensLabel(batch)),
      ...horizons.map((tokens) => {
        const found = at(batch, tokens)
        return found === undefined ? blank : cell(found)
      }),
    ]),
  }
}

/** eta*(B, T): log2, standard error in the last digit. */
export const etaTable = (law: Law): ReportTable =>
  byBatchAndHorizon(law, "eta", `log2 eta*(B, T), standard error in the last digit; ${sliceText(law)}`, (cell) =>
    resultCell(cell.eta, log2),
  )

/** Loss at the optimum of each profile, nats. */
export const lossTable = (law: Law): ReportTable =>
  byBatchAndHorizon(law, "loss", "Validation loss at eta*(B, T), nats", (cell) => resultCell(cell.loss, nats))

/** Mean loss given up within a factor of two of the optimum, nats. */
export const sensitivityTable = (law: Law): ReportTable =>
  byBatchAndHorizon(law, "sensitivity", "Mean excess loss over a factor of two about eta*, nats", (cell) =>
    resultCell(cell.sensitivity, nats),
  )

/** Tokens each batch needs for the loss that the smallest has at T, as a ratio. */
export const overheadTable = (law: Law): ReportTable => {
  const batches = [...new Set(law.overheads.flatMap((o) => o.points.map((p) => p.batch)))].sort((a, b) => a - b)
  return {
    id: "overhead",
    caption: "Data needed for the same loss, relative to the smallest batch",
    columns: ["T", "target loss", ...batches.map((b) => `B = ${tokensLabel(b)}`)],
    rows: law.overheads.map((o) => [
      words(tokensLabel(o.tokens)),
      { text: o.targetLoss.toFixed(3), value: o.targetLoss },
      ...batches.map((batch) => {
        const ratio = o.points.find((p) => p.batch === batch)?.ratio
        return ratio === undefined ? words("not reached") : { text: ratio.toFixed(2), value: ratio }
      }),
    ]),
  }
}
