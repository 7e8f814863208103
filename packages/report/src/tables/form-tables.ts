import type { FormName, FormScore, Law } from "@ts/fit"
import { significant } from "../format/error.ts"
import { formLabel } from "../format/form.ts"
import { tokensLabel } from "../format/tokens.ts"
import { blank, numeral, type ReportTable, type TableCell, words } from "./table.ts"

/** `supported`: the data rule out all others. `possible`: not ruled out. */
export type FormStanding = "supported" | "possible" | "ruled out"

export const formStanding = ({ forms: { verdict } }: Law, form: FormName): FormStanding =>
  "form" in verdict
    ? verdict.form === form
      ? "supported"
      : "ruled out"
    : verdict.undecided.includes(form)
      ? "possible"
      : "ruled out"

const lowest = (values: ReadonlyArray<number>): number => values.reduce((a, b) => Math.min(a, b), Infinity)

const excess = (value: number | undefined, from: number): TableCell => {
  if (value === undefined || !Number.isFinite(value - from)) return blank
  const above = value - from
  return numeral(above, above < 9.95 ? above.toFixed(1) : above < 1e5 ? above.toFixed(0) : above.toExponential(1))
}

/** What the held-out errors are of, in words; `undefined` where no horizon was held out. */
export const heldOutText = (law: Law): string | undefined => {
  const held = law.forms.scores.find((score) => score.heldOut !== undefined)?.heldOut
  return held === undefined
    ? undefined
    : `${held.cells} ${held.cells === 1 ? "optimum" : "optima"} at T = ${held.horizons.map(tokensLabel).join(", ")}, predicted from the shorter horizons`
}

/** An error of more than this, in ln eta, is no prediction. */
export const worstError = 10

const heldOutCell = ({ heldOut }: FormScore): TableCell =>
  heldOut === undefined || Number.isNaN(heldOut.error)
    ? blank
    : heldOut.error > worstError
      ? words(`above ${worstError}`)
      : numeral(heldOut.error, significant(heldOut.error, 2))

/** The forms of eta*(B), best first. Only differences of AIC, BIC and surprise mean anything, so they count from the lowest. */
export const formTable = (law: Law): ReportTable => {
  const { scores } = law.forms
  const least = (pick: (score: FormScore) => number | undefined) => lowest(scores.flatMap((s) => pick(s) ?? []))
  const aic = least((s) => s.aic)
  const bic = least((s) => s.bic)
  const surprise = least((s) => s.heldOut?.surprise)
  const held = heldOutText(law)
  return {
    id: "forms",
    caption: "Forms of eta*(B), best first",
    note: `${held === undefined ? "Too few horizons to hold one out." : `Held-out error: root mean square in ln eta* of ${held}.`} Surprise, AIC and BIC are above the lowest; smaller is better.`,
    columns: ["form", "verdict", "held-out error", "surprise", "AIC", "BIC", "parameters"],
    rows: scores.map((score) => [
      words(formLabel(score.form)),
      words(formStanding(law, score.form)),
      heldOutCell(score),
      excess(score.heldOut?.surprise, surprise),
      excess(score.aic, aic),
      excess(score.bic, bic),
      numeral(score.parameters, String(score.parameters)),
    ]),
  }
}
