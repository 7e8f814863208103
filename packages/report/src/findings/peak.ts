import { isEstimate, type Law, type Result } from "@ts/fit"
import { percent, power } from "../format/result.ts"
import { powerOfTwo, tokensLabel } from "../format/tokens.ts"
import { clause, distinctNotes, type Finding } from "./finding.ts"
import { growthText } from "./growth.ts"
import { horizonList, reasonsOf } from "./horizon-list.ts"

/** The peak of eta*(B): B_crit(T), and its height. */
export const peak = (law: Law): Finding | undefined => {
  if (law.bells.length === 0) return undefined
  const items = law.bells.map((b) => ({ tokens: b.tokens, result: b.peakBatch }))
  const base = { id: "peak", label: "peak B_crit", title: "Peak of eta*(B)" }
  if (!items.some((item) => isEstimate(item.result))) {
    const last = items[items.length - 1]
    const bounded = [...items].reverse().find((item) => oneSidedBound(item.result) !== undefined)
    const bound =
      bounded === undefined ? "" : `. ${oneSidedBound(bounded.result)} at T = ${tokensLabel(bounded.tokens)}`
    const why = isEstimate((bounded ?? last).result) ? "" : clause(messageOf((bounded ?? last).result))
    return { ...base, state: "not identified", text: `not identified: ${why}${bound}`, notes: [] }
  }
  const { exponent } = law.powerLaws.peakBatch
  const heights = law.bells.filter((b) => isEstimate(b.peakEta)).map((b) => ({ tokens: b.tokens, result: b.peakEta }))
  const height = `height eta_crit = ${horizonList(heights, power)}: ${growthText(law.powerLaws.peakEta)}`
  return {
    ...base,
    state: "found",
    text: `eta*(B) peaks at B = ${horizonList(items)}: ${growthText(law.powerLaws.peakBatch)}; ${height}`,
    notes: distinctNotes(isEstimate(exponent) ? exponent.notes : [exponent.message], reasonsOf(items)),
  }
}

const messageOf = (result: Result): string => (isEstimate(result) ? "" : result.message)

const oneSidedBound = (result: Result): string | undefined => {
  if (isEstimate(result) || result.bound === undefined) return undefined
  const { lower, upper, level } = result.bound
  const head = level === undefined ? "" : `${percent(level)} `
  if (lower !== undefined && upper === undefined) return `${head}lower bound ${powerOfTwo(lower)} tokens`
  if (upper !== undefined && lower === undefined) return `${head}upper bound ${powerOfTwo(upper)} tokens`
  return undefined
}
