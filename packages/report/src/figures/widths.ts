import * as Plot from "@observablehq/plot"
import { isEstimate, type Law, type WidthAgreement } from "@ts/fit"
import { significant } from "../format/error.ts"
import { octaveError } from "../format/result.ts"
import { tokensLabel } from "../format/tokens.ts"
import { distinct } from "../law-view.ts"
import { sharedCells, widthTable } from "../tables/list-tables.ts"
import type { Figure } from "./figure.ts"
import { levelColor, levelSymbol } from "./palette.ts"
import { octaveAxis, padded, raised } from "./scale.ts"
import { renderSvg } from "./svg.ts"

/** The difference of eta* between widths in the cells they share, against the stated margin. */
export const widthsFigure = (law: Law): Figure => {
  const batches = distinct(
    law.widths.flatMap((w) => sharedCells(law, w.widths[0], w.widths[1]).map(([cell]) => cell.batch)),
  )
  const base = {
    id: "widths",
    title: "Does width change the optimum?",
    caption:
      "Difference of log2 eta* between two widths in the cells that both measured; bars are one standard error. The band is the margin of equivalence, the line and its darker band the mean and its interval.",
    tables: [widthTable(law)],
    legend: batches.map((batch, i) => ({
      label: raised(`B = ${tokensLabel(batch)}`),
      color: levelColor(i, batches.length),
      symbol: levelSymbol(i),
    })),
  }
  const panels = law.widths.map((w) => panel(law, w, batches)).filter((svg) => svg !== undefined)
  return panels.length > 0
    ? { ...base, panels }
    : {
        ...base,
        panels: [],
        empty:
          law.widths.length === 0
            ? "One width was measured: a second one would check that width does not move the optimum."
            : "No cell has an identified optimum at both widths.",
      }
}

const panel = (law: Law, w: WidthAgreement, batches: ReadonlyArray<number>): string | undefined => {
  const points = sharedCells(law, w.widths[0], w.widths[1]).flatMap(([a, b]) => {
    if (!isEstimate(a.eta) || !isEstimate(b.eta)) return []
    const i = batches.indexOf(a.batch)
    const y = Math.log2(b.eta.value / a.eta.value)
    const error = Math.hypot(octaveError(a.eta) ?? 0, octaveError(b.eta) ?? 0)
    const x = Math.log2(a.tokens) + (i - (batches.length - 1) / 2) * 0.08
    return [{ x, y, low: y - error, high: y + error, i }]
  })
  if (points.length === 0) return undefined
  const x = padded(
    points.map((p) => p.x),
    0.4,
  )
  const { difference, margin } = w
  const mean = isEstimate(difference) ? [{ x1: x[0], x2: x[1], y: difference.value, ...ends(difference) }] : []
  const y = padded([...points.flatMap((p) => [p.low, p.high]), -margin, margin], 0.05)
  return renderSvg({
    ariaLabel: `Difference of log2 eta* between widths ${w.widths[0]} and ${w.widths[1]} in ${points.length} cells, with the margin of ±${significant(margin)} octaves: ${w.verdict}. Values are in the table below.`,
    width: law.widths.length > 1 ? 430 : 880,
    height: 300,
    marginLeft: 56,
    marginBottom: 42,
    x: { ...octaveAxis("horizon T (tokens)", x), labelAnchor: "center", labelOffset: 36 },
    y: {
      domain: y,
      label: `log2 eta* (${w.widths[1]}) − log2 eta* (${w.widths[0]}), octaves`,
      labelArrow: "none",
      ticks: 6,
    },
    marks: [
      Plot.rect([{ x1: x[0], x2: x[1], y1: -margin, y2: margin }], {
        x1: "x1",
        x2: "x2",
        y1: "y1",
        y2: "y2",
        fill: "var(--soft)",
        fillOpacity: 0.12,
      }),
      Plot.rect(mean, { x1: "x1", x2: "x2", y1: "low", y2: "high", fill: "var(--accent)", fillOpacity: 0.22 }),
      Plot.ruleY([0], { stroke: "var(--rule)" }),
      Plot.ruleY(mean, { y: "y", x1: "x1", x2: "x2", stroke: "var(--accent)", strokeWidth: 1.5 }),
      ...batches.flatMap((_, i) => {
        const own = points.filter((p) => p.i === i)
        const color = levelColor(i, batches.length)
        return [
          Plot.ruleX(own, { x: "x", y1: "low", y2: "high", stroke: color, strokeWidth: 1.3 }),
          Plot.dot(own, {
            x: "x",
            y: "y",
            r: 3.6,
            symbol: levelSymbol(i),
            fill: color,
            stroke: "var(--page)",
            strokeWidth: 0.8,
          }),
        ]
      }),
    ],
  })
}

const ends = (estimate: { readonly value: number; readonly interval: { low: number; high: number } | undefined }) => ({
  low: estimate.interval?.low ?? estimate.value,
  high: estimate.interval?.high ?? estimate.value,
})
