import { isEstimate, type Law, type Regime, standardErrorOf } from "@ts/fit"
import { plusMinus } from "../format/error.ts"
import { reasonWord } from "../format/result.ts"
import { tokensLabel, tokensRange } from "../format/tokens.ts"
import { distinctNotes, type Finding, runsOf } from "./finding.ts"

/** What is said of a batch: a verdict, `undecided` where the slope is known but not its sign, or `not identified`. */
export const standing = (regime: Regime): string =>
  regime.verdict === "not identified" && isEstimate(regime.slope) && regime.slope.interval !== undefined
    ? "undecided"
    : regime.verdict

export const slopeText = (regime: Regime): string =>
  isEstimate(regime.slope)
    ? plusMinus(regime.slope.value, standardErrorOf(regime.slope))
    : reasonWord[regime.slope.reason]

/** Regimes of the theory (Filatov et al. 2024, Eq. 3.1) that no batch shows. */
const unseen = (all: ReadonlyArray<Regime>): ReadonlyArray<string> => {
  const decided = all.filter((r) => r.verdict !== "not identified")
  // One or two batches say nothing about which regimes there are.
  if (decided.length < 3) return []
  const found = new Set(decided.map((r) => r.verdict))
  const missing = (["falls", "flat", "rises"] as const).filter((verdict) => !found.has(verdict))
  return missing.map((verdict) => `${verdict} at none`)
}

/** How eta* moves with the horizon at each batch, and which of the three regimes were not found. */
export const regimes = (law: Law): Finding | undefined => {
  if (law.regimes.length === 0) return undefined
  const batches = law.regimes.map((r) => r.batch)
  const clauses = runsOf(law.regimes, (r) => (isEstimate(r.slope) ? standing(r) : `none ${r.slope.reason}`)).map(
    (run) => {
      if (!isEstimate(run[0].slope))
        return `not identified at ${tokensRange(
          run.map((r) => r.batch),
          batches,
        )} (${slopeText(run[0])})`
      const each = run.map((r) => `${tokensLabel(r.batch)} (${slopeText(r)})`).join(", ")
      return `${standing(run[0])} at ${each}`
    },
  )
  const why = new Map<string, string>()
  for (const { slope } of law.regimes)
    if (!isEstimate(slope) && !why.has(slope.reason)) why.set(slope.reason, slope.message)
  return {
    id: "regimes",
    label: "eta* with T",
    title: "eta* against the horizon",
    state: law.regimes.some((r) => r.verdict !== "not identified") ? "found" : "not identified",
    text: [...clauses, ...unseen(law.regimes)].join("; "),
    notes: distinctNotes([...why.values()]),
  }
}
