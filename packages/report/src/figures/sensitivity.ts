import * as Plot from "@observablehq/plot"
import { isEstimate, type Law } from "@ts/fit"
import { tokensLabel } from "../format/tokens.ts"
import { gridOf, ownCells } from "../law-view.ts"
import { sensitivityTable } from "../tables/grid-tables.ts"
import type { Figure } from "./figure.ts"
import { levelColor, levelSymbol } from "./palette.ts"
import { octaveAxis, padded, raised } from "./scale.ts"
import { renderSvg } from "./svg.ts"

/** What a wrong rate costs, against the horizon. */
export const sensitivityFigure = (law: Law): Figure => {
  const { batches, horizons, at } = gridOf(ownCells(law))
  const base = {
    id: "sensitivity",
    title: "Learning-rate sensitivity",
    caption:
      "Mean loss given up by a rate half or twice the optimum and at it, one curve per batch size; bars are intervals, left out on a side that is open. Filatov et al. 2024 (arXiv 2410.05838) find it to fall with T.",
    tables: [sensitivityTable(law)],
    legend: batches.map((batch, i) => ({
      label: raised(`B = ${tokensLabel(batch)}`),
      color: levelColor(i, batches.length),
      symbol: levelSymbol(i),
    })),
  }
  const series = batches.map((batch, i) => {
    const dx = (i - (batches.length - 1) / 2) * 0.03
    return horizons.flatMap((tokens) => {
      const s = at(batch, tokens)?.sensitivity
      if (s === undefined || !isEstimate(s)) return []
      return [
        {
          x: Math.log2(tokens) + dx,
          y: s.value,
          low: Math.max(0, s.interval?.low ?? s.value),
          high: s.interval?.high ?? s.value,
        },
      ]
    })
  })
  const all = series.flat()
  if (all.length === 0)
    return { ...base, panels: [], empty: "No profile has sound rates an octave on both sides of its optimum." }
  const values = all.map((p) => p.y).sort((a, b) => a - b)
  const top = Math.min(
    4 * values[values.length >> 1] + values[values.length - 1],
    all.reduce((most, p) => Math.max(most, p.high), 0),
  )
  const svg = renderSvg({
    ariaLabel: `Learning-rate sensitivity against the horizon for ${batches.length} batch sizes. Values are in the table below.`,
    width: 880,
    height: 320,
    marginLeft: 56,
    marginBottom: 42,
    x: {
      ...octaveAxis("horizon T (tokens)", padded(horizons.map(Math.log2), 0.35)),
      labelAnchor: "center",
      labelOffset: 36,
    },
    y: { domain: [0, 1.05 * top], label: "mean excess loss (nats)", labelArrow: "none", grid: true, ticks: 6 },
    marks: series.flatMap((points, i) => {
      const color = levelColor(i, batches.length)
      return [
        Plot.line(points, { x: "x", y: "y", stroke: color, strokeWidth: 1.5, strokeOpacity: 0.65 }),
        Plot.ruleX(points, {
          x: "x",
          y1: "low",
          y2: (p: { high: number }) => Math.min(p.high, 1.05 * top),
          stroke: color,
        }),
        Plot.dot(points, {
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
  })
  return { ...base, panels: [svg] }
}
