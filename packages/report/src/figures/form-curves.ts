import * as Plot from "@observablehq/plot"
import type { FormName, Law } from "@ts/fit"
import { formTitle } from "../format/form.ts"
import { tokensLabel } from "../format/tokens.ts"
import { gridOf, ownCells } from "../law-view.ts"
import { type Bar, barOf, present } from "./bars.ts"
import { curveMarks } from "./eta-panels.ts"
import { lawCurves } from "./law-curve.ts"
import { octaveAxis, padded, raised } from "./scale.ts"
import { renderSvg } from "./svg.ts"

/** How far the curves go beyond the measured batches, octaves: further than a factor of four no law answers. */
const reach = 1.9

export const formColors: Readonly<Record<FormName, string>> = {
  bell: "var(--accent)",
  "saturating-sqrt": "var(--second)",
  saturating: "var(--third)",
  power: "var(--open)",
  constant: "var(--muted)",
}

/** The possible forms at the longest horizon; `undefined` where one form alone is left, or nothing is measured there. */
export const formCurves = (law: Law): string | undefined => {
  const { batches, horizons, at } = gridOf(ownCells(law))
  const tokens = horizons[horizons.length - 1]
  if (tokens === undefined) return undefined
  const bars = present(
    batches.map((batch) => {
      const cell = at(batch, tokens)
      return cell === undefined ? undefined : barOf(Math.log2(batch), cell.eta)
    }),
  )
  if (bars.length === 0) return undefined
  const measured = padded(
    bars.map((bar) => bar.x),
    0,
  )
  const drawn = padded(measured, reach)
  const curves = [...lawCurves(law, tokens, { measured, drawn }, 3)]
  if (curves.length < 2) return undefined
  const points = curves.flatMap(([, curve]) => [...curve.inside, ...curve.outside.flat()])
  const y = padded([...bars.map((bar) => bar.y), ...points.map((p) => p.y)], 0.3)
  return renderSvg({
    ariaLabel: `Possible forms of eta*(B) at T = ${tokensLabel(tokens)}: ${curves.map(([form]) => formTitle(form)).join(", ")}, over ${bars.length} measured optima.`,
    width: 880,
    height: 320,
    marginLeft: 56,
    marginBottom: 42,
    x: { ...octaveAxis("batch size B (tokens)", drawn), labelAnchor: "center", labelOffset: 36 },
    y: { ...octaveAxis(raised(`eta* at T = ${tokensLabel(tokens)}`), y), grid: true },
    marks: [
      ...curves.flatMap(([form, curve]) => curveMarks(curve, formColors[form], y)),
      Plot.ruleX(bars, {
        x: "x",
        y1: (b: Bar) => Math.max(b.low, y[0]),
        y2: (b: Bar) => Math.min(b.high, y[1]),
        stroke: "var(--ink)",
        strokeWidth: 1.2,
      }),
      Plot.dot(bars, { x: "x", y: "y", r: 3.4, fill: "var(--ink)", stroke: "var(--page)", strokeWidth: 0.8 }),
    ],
  })
}
