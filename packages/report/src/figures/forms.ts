import * as Plot from "@observablehq/plot"
import type { FormName, Law } from "@ts/fit"
import { formTitle } from "../format/form.ts"
import { formStanding, formTable, heldOutText, worstError } from "../tables/form-tables.ts"
import type { Figure, LegendEntry } from "./figure.ts"
import { formColors, formCurves } from "./form-curves.ts"
import { renderSvg } from "./svg.ts"

interface Scored {
  readonly form: FormName
  readonly value: number
}

/** How every form fares: its error on horizons that it was not fitted to, its BIC, and the curves of those that stay possible. */
export const formsFigure = (law: Law): Figure => {
  const { scores } = law.forms
  const held = heldOutText(law)
  const curves = formCurves(law)
  const base = {
    id: "forms",
    title: "Which form of eta*(B)?",
    caption: `${law.forms.words}${held === undefined ? "" : ` Held-out error: root mean square in ln eta* of ${held}.`} BIC weighs the fit of all cells against the number of parameters; only its differences count.${curves === undefined ? "" : " Curves, dashed beyond the measured batches, show where the possible forms part."}`,
    tables: [formTable(law)],
    legend: legendOf(law),
  }
  if (scores.length === 0) return { ...base, panels: [], empty: "No form could be fitted." }
  const errors = scores.flatMap(({ form, heldOut }) =>
    heldOut === undefined || !(heldOut.error <= worstError) ? [] : [{ form, value: heldOut.error }],
  )
  const lowest = scores.reduce((least, { bic }) => Math.min(least, bic), Infinity)
  const bics = scores.map(({ form, bic }) => ({ form, value: bic - lowest }))
  const panels = [
    curves,
    errors.length === 0 ? undefined : scorePanel(law, errors, "held-out error in ln eta*", "linear"),
    scorePanel(law, bics, "BIC above the lowest", "symlog"),
  ]
  return { ...base, panels: panels.filter((svg) => svg !== undefined) }
}

/** Filled where a form is possible, open where it is ruled out. */
const symbols = { supported: "circle", possible: "circle", "ruled out": "ring" } as const

const legendOf = (law: Law): ReadonlyArray<LegendEntry> =>
  law.forms.scores.map(({ form }) => {
    const standing = formStanding(law, form)
    return { label: `${formTitle(form)}: ${standing}`, color: formColors[form], symbol: symbols[standing] }
  })

const scorePanel = (law: Law, values: ReadonlyArray<Scored>, label: string, type: "linear" | "symlog"): string => {
  const color = ({ form }: Scored) => formColors[form]
  const row = ({ form }: Scored) => formTitle(form)
  const [open, full] = [true, false].map((out) =>
    values.filter(({ form }) => (formStanding(law, form) === "ruled out") === out),
  )
  const most = values.reduce((max, { value }) => Math.max(max, value), 0)
  return renderSvg({
    ariaLabel: `${label} by form: ${values.map(({ form, value }) => `${formTitle(form)} ${Number(value.toPrecision(2))}`).join(", ")}.`,
    width: 430,
    height: 60 + 30 * values.length,
    marginLeft: 205,
    marginRight: 20,
    marginBottom: 38,
    x: {
      type,
      domain: [0, most > 0 ? 1.05 * most : 1],
      label,
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: 32,
      ticks: type === "linear" ? 4 : [0, 10, 100, 1000, 1e4, 1e5].filter((tick) => tick <= Math.max(10, most)),
      grid: true,
    },
    y: { domain: values.map(row), label: null, padding: 0.4 },
    color: { type: "identity" },
    marks: [
      Plot.ruleY(values, { x1: 0, x2: "value", y: row, stroke: color, strokeWidth: 2 }),
      Plot.dot(full, { x: "value", y: row, fill: color, r: 4 }),
      Plot.dot(open, { x: "value", y: row, stroke: color, fill: "var(--page)", r: 4, strokeWidth: 1.5 }),
    ],
  })
}
