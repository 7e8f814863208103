import { isEstimate, type Law } from "@ts/fit"
import { reasonWord } from "../format/result.ts"
import { tokensLabel } from "../format/tokens.ts"
import { distinct, ownCells } from "../law-view.ts"
import type { Finding } from "./finding.ts"

/** In how many cells of the grid the optimum is known, and what keeps the others. */
export const optima = (law: Law): Finding | undefined => {
  const cells = ownCells(law)
  if (cells.length === 0) return undefined
  const known = cells.filter(({ eta }) => isEstimate(eta))
  const missing = new Map<string, number>()
  for (const { eta } of cells)
    if (!isEstimate(eta)) missing.set(reasonWord[eta.reason], (missing.get(reasonWord[eta.reason]) ?? 0) + 1)
  const why = [...missing.entries()].sort((a, b) => b[1] - a[1]).map(([word, count]) => `${word} in ${count}`)
  const batches = distinct(known.map(({ batch }) => batch))
  const only =
    batches.length === 1 && cells.length > known.length ? `, all at batch ${tokensLabel(batches[0] ?? 0)}` : ""
  return {
    id: "optima",
    label: "optima",
    title: "Optima",
    state: known.length > 0 ? "noted" : "not identified",
    text: `eta* is known in ${known.length} of ${cells.length} cell${cells.length === 1 ? "" : "s"} of batch and horizon${only}${why.length === 0 ? "" : `; not in the others: ${why.join(", ")}`}`,
    notes: [],
  }
}
