import { type Equivalence, isEstimate, type Law, standardErrorOf, type WidthAgreement } from "@ts/fit"
import { plusMinus, significant } from "../format/error.ts"
import { intervalText, plain } from "../format/result.ts"
import { clause, type Finding } from "./finding.ts"

const verbs = { equivalent: "agrees", different: "differs", "not identified": "undecided" } as const

/** How two widths compare in a quantity of the bell: "B_crit agrees: +0.10 ± 0.08 octaves (90 %: …), margin ±0.5". */
const equivalenceText = (name: string, { difference, margin, verdict }: Equivalence): string =>
  isEstimate(difference)
    ? `${name} ${verbs[verdict]}: ${plusMinus(difference.value, standardErrorOf(difference))} octaves (${intervalText(difference.interval, plain)}), margin ±${significant(margin)}`
    : `${name} not compared: ${clause(difference.message)}`

const lawsText = ({ laws }: WidthAgreement): ReadonlyArray<string> => {
  if (laws === undefined) return []
  const { peakBatch, peakEta } = laws
  if (!isEstimate(peakBatch.difference) && !isEstimate(peakEta.difference))
    return [`The laws of the two widths are not compared: ${clause(peakBatch.difference.message)}.`]
  return [`Of the law at each width, ${equivalenceText("B_crit", peakBatch)}; ${equivalenceText("eta_crit", peakEta)}.`]
}

/** Whether widths have the same eta*, and the same law: one finding per pair. */
export const widthFindings = (law: Law): ReadonlyArray<Finding> =>
  law.widths.map((w) => {
    const [a, b] = w.widths
    const { difference, margin } = w
    const base = {
      id: `width-${a}-${b}`,
      label: "width",
      title: `Widths ${a} and ${b}`,
      state: w.verdict === "not identified" ? ("not identified" as const) : ("found" as const),
      notes: lawsText(w),
    }
    if (!isEstimate(difference))
      return { ...base, state: "not identified", text: `${a} and ${b}: not identified; ${clause(difference.message)}` }
    const size = `eta* differs by ${plusMinus(difference.value, standardErrorOf(difference))} octaves (${intervalText(difference.interval, plain)}) over ${w.cells} cell${w.cells === 1 ? "" : "s"}`
    const text = {
      equivalent: `${a} and ${b} agree: ${size}, inside the margin of ±${significant(margin)}`,
      different: `${a} and ${b} differ: ${size}, outside the margin of ±${significant(margin)}`,
      "not identified": `${a} and ${b} undecided: ${size}, across the margin of ±${significant(margin)}`,
    }[w.verdict]
    return { ...base, text }
  })
