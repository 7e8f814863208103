import { isEstimate, type Law } from "@ts/fit"
import { natsText } from "../format/nats.ts"
import { tokensLabel } from "../format/tokens.ts"
import { gridOf, ownCells } from "../law-view.ts"
import type { Finding } from "./finding.ts"

/** What a wrong learning rate costs, by horizon: the range over batches. */
export const sensitivityFinding = (law: Law): Finding | undefined => {
  const cells = ownCells(law)
  if (cells.length === 0) return undefined
  const all = gridOf(cells).horizons.flatMap((tokens) => {
    const values = cells.flatMap((cell) =>
      cell.tokens === tokens && isEstimate(cell.sensitivity) ? [cell.sensitivity.value] : [],
    )
    if (values.length === 0) return []
    const low = natsText(values.reduce((a, b) => Math.min(a, b)))
    const high = natsText(values.reduce((a, b) => Math.max(a, b)))
    return [`${low === high ? low : `${low} to ${high}`} at T = ${tokensLabel(tokens)}`]
  })
  // The two ends say how it moves; the table has the rest.
  const clauses = all.length > 2 ? [all[0], all[all.length - 1]] : all
  return {
    id: "sensitivity",
    label: "sensitivity",
    title: "Learning-rate sensitivity",
    state: clauses.length > 0 ? "found" : "not identified",
    text:
      clauses.length > 0
        ? `mean loss given up within a factor of two of eta*, over batches: ${clauses.join(", ")} (nats)`
        : "not identified: no profile has sound rates an octave on both sides of its optimum",
    notes: [],
  }
}
