import { isEstimate, type Result } from "@ts/fit"
import { cellText, power, type Writer } from "../format/result.ts"
import { tokensRange } from "../format/tokens.ts"
import { runsOf } from "./finding.ts"

export interface AtHorizon {
  /** Tokens. */
  readonly tokens: number
  readonly result: Result
}

/** "2^6.5(2), 2^7.0(2) at T = 2^15, 2^16; not identified at T = 2^17 … 2^19 (≥ 2^9)": one clause for what is known, one for what is not. */
export const horizonList = (items: ReadonlyArray<AtHorizon>, write: Writer = power): string => {
  const known = items.filter((item) => isEstimate(item.result))
  const clauses: Array<string> = []
  if (known.length > 0) {
    const values = known.map((item) => cellText(item.result, write)).join(", ")
    clauses.push(`${values} at T = ${span(known, items)}`)
  }
  const rest = items.filter((item) => !isEstimate(item.result))
  const missing = runsOf(rest, (item) => cellText(item.result, write)).map(
    (run) => `${span(run, items)} (${cellText(run[0].result, write)})`,
  )
  if (missing.length > 0) clauses.push(`not identified at T = ${missing.join(", ")}`)
  return clauses.join("; ")
}

const span = (some: ReadonlyArray<AtHorizon>, all: ReadonlyArray<AtHorizon>): string =>
  tokensRange(
    some.map((item) => item.tokens),
    all.map((item) => item.tokens),
  )

/** The messages behind horizons without a number: that of the longest horizon of each reason. */
export const reasonsOf = (items: ReadonlyArray<AtHorizon>): ReadonlyArray<string> => {
  const last = new Map<string, string>()
  for (const { result } of items) if (!isEstimate(result)) last.set(result.reason, result.message)
  return [...last.values()]
}
