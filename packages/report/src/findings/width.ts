import { isEstimate, type Law, standardErrorOf } from "@ts/fit"
import { plusMinus, significant } from "../format/error.ts"
import { intervalText, plain } from "../format/result.ts"
import { clause, type Finding } from "./finding.ts"

/** Whether widths have the same eta*: one finding per pair. */
export const widthFindings = (law: Law): ReadonlyArray<Finding> =>
  law.widths.map((w) => {
    const [a, b] = w.widths
    const { difference, margin } = w
    const base = {
      id: `width-${a}-${b}`,
      label: "width",
      title: `Widths ${a} and ${b}`,
      state: w.verdict === "not identified" ? ("not identified" as const) : ("found" as const),
      notes: [],
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
