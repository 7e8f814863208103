import { isEstimate, type Law } from "@ts/fit"
import { intervalText, percent, plain } from "../format/result.ts"
import { tokensLabel } from "../format/tokens.ts"
import { clause, distinctNotes, type Finding } from "./finding.ts"
import { growthText } from "./growth.ts"
import { horizonList, reasonsOf } from "./horizon-list.ts"

/** The growth with the reference's own overhead taken out, where it is not small. */
const corrected = (law: Law): string => {
  const { exponent } = law.powerLaws.balanceBatch
  return isEstimate(exponent) && exponent.interval !== undefined
    ? ` Taken out, they grow like T^${exponent.value.toFixed(2)} (${intervalText(exponent.interval, plain)}).`
    : ""
}

/** The batch at which 20 % more data is needed for the same loss, by horizon, and its growth. */
export const critical = (law: Law): Finding | undefined => {
  const { overheads } = law
  if (overheads.length === 0) return undefined
  const items = overheads.map((o) => ({ tokens: o.tokens, result: o.batch }))
  const share = percent(overheads[0].overhead)
  const growth = law.powerLaws.overheadBatch
  const any = items.some((item) => isEstimate(item.result))
  const tail = isEstimate(growth.exponent) ? growthText(growth) : `exponent not identified`
  const reference = tokensLabel(overheads[0].referenceBatch)
  const large = items.flatMap((item) => (isEstimate(item.result) ? item.result.notes : []))
  return {
    id: "critical",
    label: "critical",
    title: `Critical batch (${share} more data)`,
    state: any ? "found" : "not identified",
    text: any
      ? `${share} more data than batch ${reference} for the same loss at B = ${horizonList(items)}: ${tail}`
      : `${share} more data for the same loss: not identified; ${clause(reasonsOf(items)[0] ?? "")}`,
    notes: distinctNotes(
      large.slice(0, 1).map((note) => `${note}${corrected(law)}`),
      isEstimate(growth.exponent) ? growth.exponent.notes : any ? [growth.exponent.message] : [],
      any ? reasonsOf(items) : reasonsOf(items).slice(1),
    ),
  }
}
