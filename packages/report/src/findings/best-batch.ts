import { isEstimate, type Law } from "@ts/fit"
import { cellText, power } from "../format/result.ts"
import { tokensLabel } from "../format/tokens.ts"
import { distinctNotes, type Finding, runsOf } from "./finding.ts"
import { growthText } from "./growth.ts"
import { reasonsOf } from "./horizon-list.ts"

/** The batch with the lowest loss at each horizon, each at its own best rate. */
export const bestBatch = (law: Law): Finding | undefined => {
  if (law.bestBatches.length === 0) return undefined
  const items = law.bestBatches.map((b) => ({ tokens: b.tokens, result: b.batch }))
  const clauses = runsOf(items, (item) => cellText(item.result, power)).map((run) => {
    const first = tokensLabel(run[0].tokens)
    const last = tokensLabel(run[run.length - 1].tokens)
    const where = run.length === 1 ? `T = ${first}` : `T = ${first} … ${last}`
    const text = cellText(run[0].result, power)
    const known = isEstimate(run[0].result) || /[≥≤…]/.test(text)
    return known ? `${text} at ${where}` : `not identified at ${where} (${text})`
  })
  const { exponent } = law.powerLaws.bestBatch
  const growth = isEstimate(exponent) ? `: ${growthText(law.powerLaws.bestBatch)}` : ""
  return {
    id: "best-batch",
    label: "best batch",
    title: "Best batch",
    state: items.some((item) => isEstimate(item.result))
      ? "found"
      : items.some((item) => !isEstimate(item.result) && item.result.bound !== undefined)
        ? "bounded"
        : "not identified",
    text: `${clauses.join("; ")}${growth}`,
    notes: distinctNotes(isEstimate(exponent) ? exponent.notes : [], reasonsOf(items)),
  }
}
