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
    caption: `Tokens each batch needs for the loss that the smallest one has at T, as a ratio; every batch at its best rate. Where a curve crosses the dashed line, ${share} more data is needed: the marks on it are that batch and its interval.`,
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
  const goal = 1 + all[0].overhead
  const crossings = all.flatMap((o, i) =>
    isEstimate(o.batch)
      ? [
          {
            x: Math.log2(o.batch.value),
            low: Math.log2(o.batch.interval?.low || o.batch.value),
            high: Math.log2(finiteOr(o.batch.interval?.high, o.batch.value)),
            // Stacked about the line: their intervals overlap along it.
            y: goal * 1.035 ** (i - (all.length - 1) / 2),
            color: levelColor(i, all.length),
          },
        ]
      : [],
  )
  const batches = [...points.map((p) => p.x), ...crossings.flatMap((c) => [c.x])]
  const svg = renderSvg({
    ariaLabel: `Data needed for the same loss relative to the smallest batch, against batch size, for ${all.length} horizons; ${crossings.length} of them cross ${share} more data. Values are in the table below.`,
    width: 680,
    height: 360,
    marginLeft: 52,
    x: { ...octaveAxis("batch size B (tokens)", padded(batches, 0.3)), labelAnchor: "center" },
    y: {
      type: "log",
      domain: [lowest / 1.05, highest * 1.1],
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
      Plot.ruleY(crossings, { y: "y", x1: "low", x2: "high", stroke: "color", strokeWidth: 4, strokeOpacity: 0.55 }),
      Plot.dot(crossings, { x: "x", y: "y", r: 4.5, stroke: "color", strokeWidth: 2, fill: "var(--page)" }),
    ],
    color: { type: "identity" },
  })
  return { ...base, panels: [svg] }
}

const finiteOr = (x: number | undefined, otherwise: number): number =>
  x === undefined || !Number.isFinite(x) ? otherwise : x
