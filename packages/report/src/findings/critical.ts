import { isEstimate, type Law } from "@ts/fit"
import { percent } from "../format/result.ts"
import { clause, distinctNotes, type Finding } from "./finding.ts"
import { growthText } from "./growth.ts"
import { horizonList, reasonsOf } from "./horizon-list.ts"

/** The batch at which 20 % more data is needed for the same loss, by horizon, and its growth. */
export const critical = (law: Law): Finding | undefined => {
  const { overheads } = law
  if (overheads.length === 0) return undefined
  const items = overheads.map((o) => ({ tokens: o.tokens, result: o.batch }))
  const share = percent(overheads[0].overhead)
  const growth = law.powerLaws.overheadBatch
  const any = items.some((item) => isEstimate(item.result))
  const tail = isEstimate(growth.exponent) ? growthText(growth) : `exponent not identified`
  return {
    id: "critical",
    label: "critical",
    title: `Critical batch (${share} more data)`,
    state: any ? "found" : "not identified",
    text: any
      ? `${share} more data for the same loss at B = ${horizonList(items)}: ${tail}`
      : `${share} more data for the same loss: not identified; ${clause(reasonsOf(items)[0] ?? "")}`,
    notes: distinctNotes(
      isEstimate(growth.exponent) ? growth.exponent.notes : any ? [growth.exponent.message] : [],
      items.flatMap((item) => (isEstimate(item.result) ? item.result.notes : [])).slice(0, 1),
      any ? reasonsOf(items) : reasonsOf(items).slice(1),
    ),
  }
}
