import { isEstimate, type Law, type Result } from "@ts/fit"
import { formTitle, partsOf } from "../format/form.ts"
import { intervalText, plain } from "../format/result.ts"
import { formTable } from "../tables/form-tables.ts"
import type { Finding } from "./finding.ts"

/** "eta_max ~ T^-0.05 (90 %: -0.11 … 0.01), B_n ~ N^0.42 (90 %: 0.30 … 0.55).", as far as identified. */
const exponentsText = ({ joint }: Law): string | undefined => {
  if (joint === undefined) return undefined
  const { form, exponents } = joint
  const { height, scale } = partsOf(form)
  const powers: ReadonlyArray<readonly [name: string, base: string, exponent: Result | undefined]> = [
    ["eta*", "B", exponents.inBatch],
    // Those of the bell are of its peak, which has a finding of its own.
    ...(form === "bell"
      ? []
      : ([
          [height, "T", exponents.heightInTokens],
          [scale, "T", exponents.scaleInTokens],
        ] as const)),
    [height, "N", exponents.heightInSize],
    [scale, "N", exponents.scaleInSize],
  ]
  const known = powers.flatMap(([name, base, exponent]) =>
    exponent !== undefined && isEstimate(exponent)
      ? [`${name} ~ ${base}^${plain.number(exponent.value)} (${intervalText(exponent.interval, plain)})`]
      : [],
  )
  return known.length === 0 ? undefined : `${known.join(", ")}.`
}

const batchesOf = ({ joint }: Law): number => new Set(joint?.evidence.lnBatch).size

/** Who speaks for predictions while several forms are possible. */
const spokesman = ({ joint, forms: { verdict, scores } }: Law): string | undefined => {
  if (joint === undefined || "form" in verdict) return undefined
  return scores.length > 1
    ? `Predictions take the ${formTitle(joint.form)}, and say what the other possible forms would.`
    : `Predictions take a ${formTitle(joint.form)}, the only form that can be fitted so far.`
}

/** Which form of eta*(B) the data support, and how every form fares. */
export const form = (law: Law): Finding | undefined => {
  if (law.cells.length === 0) return undefined
  const { scores, verdict, words } = law.forms
  return {
    id: "form",
    label: "form",
    title: "Form of eta*(B)",
    state: "form" in verdict ? "found" : "not identified",
    text: words,
    notes: [spokesman(law), exponentsText(law)].filter((note) => note !== undefined),
    ...(scores.length < 2 || batchesOf(law) < 2 ? {} : { table: formTable(law) }),
  }
}
