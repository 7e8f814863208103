import * as Plot from "@observablehq/plot"
import { isEstimate, type Law } from "@ts/fit"
import { percent } from "../format/result.ts"
import { tokensLabel } from "../format/tokens.ts"
import { overheadTable } from "../tables/grid-tables.ts"
import type { Figure } from "./figure.ts"
import { levelColor, levelSymbol } from "./palette.ts"
import { octaveAxis, padded, raised } from "./scale.ts"
import { renderSvg } from "./svg.ts"

const ticks = [1, 1.2, 1.5, 2, 3, 4, 6, 8, 12, 16, 32, 64]

/** Data needed for the same loss against the batch, with the critical batch marked. */
export const overheadFigure = (law: Law): Figure => {
  const all = law.overheads
  const share = percent(all[0]?.overhead ?? 0.2)
  const base = {
    id: "overhead",
    title: "Data needed for the same loss",
    caption: `Tokens each batch needs for the loss that the smallest one has at T, as a ratio; every batch at its best rate. Where a curve crosses the dashed line, ${share} more data is needed: the rings mark that batch, and the bars below are its intervals.`,
    tables: [overheadTable(law)],
    legend: all.map((o, i) => ({
      label: raised(`T = ${tokensLabel(o.tokens)}`),
      color: levelColor(i, all.length),
      symbol: levelSymbol(i),
    })),
  }
  const points = all.flatMap((o, i) =>
    o.points.flatMap((p) =>
      p.ratio === undefined ? [] : [{ x: Math.log2(p.batch), y: p.ratio, color: levelColor(i, all.length), i }],
    ),
  )
  if (points.length < 2) return { ...base, panels: [], empty: "Too few batches were measured to compare their data." }
  const highest = Math.max(1.5, ...points.map((p) => p.y))
  const lowest = Math.min(0.95, ...points.map((p) => p.y))
  const floor = Math.min(lowest, 0.97)
  const goal = 1 + all[0].overhead
  const crossings = all.flatMap((o, i) =>
    isEstimate(o.batch)
      ? [
          {
            x: Math.log2(o.batch.value),
            low: Math.log2(o.batch.interval?.low || o.batch.value),
            high: Math.log2(finiteOr(o.batch.interval?.high, o.batch.value)),
            y: goal,
            // Intervals overlap along the line, so they are stacked under the curves.
            strip: floor / 1.03 ** (i + 1),
            color: levelColor(i, all.length),
          },
        ]
      : [],
  )
  const batches = [...points.map((p) => p.x), ...crossings.flatMap((c) => [c.x])]
  const svg = renderSvg({
    ariaLabel: `Data needed for the same loss relative to the smallest batch, against batch size, for ${all.length} horizons; ${crossings.length} of them cross ${share} more data. Values are in the table below.`,
    width: 880,
    height: 380,
    marginLeft: 56,
    marginBottom: 42,
    x: { ...octaveAxis("batch size B (tokens)", padded(batches, 0.3)), labelAnchor: "center", labelOffset: 36 },
    y: {
      type: "log",
      domain: [floor / 1.03 ** (all.length + 1), highest * 1.1],
      ticks: ticks.filter((t) => t <= highest * 1.1),
      tickFormat: (t: number) => `${t}×`,
      label: "data needed",
      labelArrow: "none",
      grid: true,
    },
    marks: [
      Plot.ruleY([goal], { stroke: "var(--soft)", strokeDasharray: "4 3" }),
      ...all.flatMap((_, i) => {
        const own = points.filter((p) => p.i === i)
        const color = levelColor(i, all.length)
        return [
          Plot.line(own, { x: "x", y: "y", stroke: color, strokeWidth: 1.5 }),
          Plot.dot(own, {
            x: "x",
            y: "y",
            r: 3.4,
            symbol: levelSymbol(i),
            fill: color,
            stroke: "var(--page)",
            strokeWidth: 0.8,
          }),
        ]
      }),
      Plot.link(crossings, { x1: "x", x2: "x", y1: "strip", y2: "y", stroke: "color", strokeOpacity: 0.35 }),
      Plot.ruleY(crossings, { y: "strip", x1: "low", x2: "high", stroke: "color", strokeWidth: 2.5 }),
      Plot.dot(crossings, { x: "x", y: "strip", r: 2.5, fill: "color" }),
      Plot.dot(crossings, { x: "x", y: "y", r: 4.5, stroke: "color", strokeWidth: 2, fill: "var(--page)" }),
    ],
    color: { type: "identity" },
  })
  return { ...base, panels: [svg] }
}

const finiteOr = (x: number | undefined, otherwise: number): number =>
  x === undefined || !Number.isFinite(x) ? otherwise : x
