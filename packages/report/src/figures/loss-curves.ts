import * as Plot from "@observablehq/plot"
import { isEstimate, type Law, type Row } from "@ts/fit"
import { tokensLabel } from "../format/tokens.ts"
import { gridOf, ownCells } from "../law-view.ts"
import { lossTable } from "../tables/grid-tables.ts"
import type { Figure } from "./figure.ts"
import { levelColor, levelSymbol } from "./palette.ts"
import { octaveAxis, padded, raised } from "./scale.ts"
import { renderSvg } from "./svg.ts"

/** Trunks beyond this many are thinned: they are a background. */
const mostTrunks = 300

/** Loss against tokens: the best rate of each batch, all trunks behind it. */
export const lossCurvesFigure = (law: Law, rows: ReadonlyArray<Row>): Figure => {
  const { batches, horizons, at } = gridOf(ownCells(law))
  const trunks = trunksOf(law, rows)
  const base = {
    id: "loss-curves",
    title: "Loss against tokens",
    caption: `The loss at the optimum of each batch (marks), and ${trunks.shown === trunks.all ? "every trunk" : `${trunks.shown} of ${trunks.all} trunks`} behind (faint). Losses far above the rest are outside the figure.`,
    tables: [lossTable(law)],
    legend: batches.map((batch, i) => ({
      label: raised(`B = ${tokensLabel(batch)}`),
      color: levelColor(i, batches.length),
      symbol: levelSymbol(i),
    })),
  }
  const best = batches.map((batch) =>
    horizons.flatMap((tokens) => {
      const cell = at(batch, tokens)
      if (cell === undefined) return []
      const y = isEstimate(cell.loss) ? cell.loss.value : undefined
      return y === undefined ? [] : [{ x: Math.log2(tokens), y }]
    }),
  )
  const losses = best.flat().map((p) => p.y)
  if (losses.length === 0) return { ...base, panels: [], empty: "No profile has an identified optimum." }
  const span = Math.max(0.1, padded(losses, 0)[1] - padded(losses, 0)[0])
  const y = padded(losses, 0)
  const domain: [number, number] = [y[0] - 0.06 * span, y[1] + 0.35 * span]
  const faint = trunks.points.filter((p) => p.y >= domain[0] && p.y <= domain[1])
  const svg = renderSvg({
    ariaLabel: `Validation loss against tokens: the best rate of each of ${batches.length} batch sizes, over ${trunks.shown} trunks. Values are in the table below.`,
    width: 880,
    height: 380,
    marginLeft: 56,
    marginBottom: 42,
    x: { ...octaveAxis("tokens", padded(horizons.map(Math.log2), 0.3)), labelAnchor: "center", labelOffset: 36 },
    y: { domain, label: "validation loss (nats)", labelArrow: "none", grid: true },
    color: { type: "identity" },
    marks: [
      Plot.line(faint, {
        x: "x",
        y: "y",
        z: "trunk",
        stroke: (p: { batch: number }) => levelColor(batches.indexOf(p.batch), batches.length),
        strokeOpacity: 0.28,
        strokeWidth: 0.8,
      }),
      ...best.flatMap((points, i) => {
        const color = levelColor(i, batches.length)
        return [
          Plot.line(points, { x: "x", y: "y", stroke: color, strokeWidth: 1.8 }),
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
    ],
  })
  return { ...base, panels: [svg] }
}

const trunksOf = (law: Law, rows: ReadonlyArray<Row>) => {
  const { width, size, average } = law.slice
  const own = rows.filter(
    (row) =>
      row.width === width &&
      (row.size ?? 0) === size &&
      row.average === average &&
      row.status === "finished" &&
      Number.isFinite(row.loss),
  )
  const ids = [...new Set(own.map((row) => row.runId))]
  const stride = Math.ceil(ids.length / mostTrunks)
  const shown = new Set(ids.filter((_, i) => i % Math.max(1, stride) === 0))
  const points = own
    .filter((row) => shown.has(row.runId))
    .map((row) => ({ x: Math.log2(row.tokens), y: row.loss, trunk: row.runId, batch: row.batch }))
    .sort((a, b) => (a.trunk === b.trunk ? a.x - b.x : a.trunk < b.trunk ? -1 : 1))
  return { points, shown: shown.size, all: ids.length }
}
