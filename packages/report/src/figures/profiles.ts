import * as Plot from "@observablehq/plot"
import type { Law } from "@ts/fit"
import { significant } from "../format/error.ts"
import { tokensLabel } from "../format/tokens.ts"
import { gridOf, ownCells } from "../law-view.ts"
import { costOfTwice, skewOf } from "../skew.ts"
import { profileTable } from "../tables/list-tables.ts"
import type { Figure } from "./figure.ts"
import { ceiling, profileMarks } from "./profile-data.ts"
import { octaveAxis, padded, raised } from "./scale.ts"
import { renderSvg } from "./svg.ts"

const [mostColumns, mostRows] = [6, 9]

/** Room for the axis and the row names, pixels. */
const sides = 120

/** At most `most` of the values, evenly picked, ends included. */
const pick = (values: ReadonlyArray<number>, most: number): ReadonlyArray<number> =>
  values.length <= most
    ? values
    : Array.from({ length: most }, (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))])

const curveText = (law: Law): string => {
  const skew = skewOf(law) ?? 0
  return skew === 0
    ? "a parabola in ln eta"
    : `a parabola in ln eta with the skew that all profiles share (twice the best rate gives up ${significant(costOfTwice(skew))} times what half of it does)`
}

/** A loss profile for every batch and horizon: excess loss against the rate, the fitted curve and its minimum. */
export const profilesFigure = (law: Law): Figure => {
  const own = ownCells(law)
  const grid = gridOf(own)
  const batches = pick(grid.batches, mostRows)
  const horizons = pick(grid.horizons, mostColumns)
  const cells = own.filter((cell) => batches.includes(cell.batch) && horizons.includes(cell.tokens))
  const picked = batches.length < grid.batches.length || horizons.length < grid.horizons.length
  const base = {
    id: "profiles",
    title: "Loss profiles",
    caption: `Validation loss above the lowest of its panel, against the learning rate. The curve is ${curveText(law)}, through the points it was fitted to (filled); the ring and its bar are the optimum and its interval, left out on a side that is open; the number is the lowest measured loss, nats.${picked ? " Some batches and horizons are left out here; the table has them all." : ""}`,
    tables: [profileTable(law)],
    legend: [
      { label: "in the fit", color: "var(--ink)", symbol: "circle" },
      { label: "outside", color: "var(--muted)", symbol: "ring" },
      { label: "above the panel", color: "var(--muted)", symbol: "triangle" },
      { label: "diverged", color: "var(--alarm)", symbol: "cross" },
      { label: "optimum", color: "var(--accent)", symbol: "ring" },
    ],
  } as const
  const xs = cells.flatMap((cell) => cell.points.map((p) => Math.log2(p.eta)))
  if (xs.length === 0) return { ...base, panels: [], empty: "No profile was measured." }
  const top = ceiling(cells)
  const marks = profileMarks(cells, top)
  const facet = { fx: "tokens", fy: "batch", x: "x", y: "y" } as const
  const domain = padded(xs, 0.5)
  const svg = renderSvg({
    ariaLabel: `Loss profiles of ${cells.length} cells: excess loss against log2 learning rate, one panel per batch (rows) and horizon (columns).`,
    width: sides + horizons.length * Math.min(160, (880 - sides) / horizons.length),
    height: 76 + 98 * batches.length,
    marginLeft: 62,
    marginRight: 58,
    marginTop: 28,
    marginBottom: 46,
    fx: {
      domain: [...horizons],
      label: null,
      tickFormat: (t: number) => raised(`T = ${tokensLabel(t)}`),
      padding: 0.08,
    },
    fy: { domain: [...batches], label: null, tickFormat: (b: number) => raised(`B = ${tokensLabel(b)}`), padding: 0.1 },
    x: { ...octaveAxis("learning rate", domain, 4), labelAnchor: "center", labelOffset: 36 },
    y: {
      domain: [-0.14 * top, 1.42 * top],
      ticks: [0, top / 2, top],
      tickFormat: (y: number) => significant(y, 2),
      label: "loss − lowest (nats)",
      labelAnchor: "center",
      labelOffset: 56,
      labelArrow: "none",
    },
    marks: [
      Plot.frame({ stroke: "var(--rule)" }),
      Plot.line(marks.curve, { ...facet, stroke: "var(--accent)", strokeWidth: 1.5 }),
      Plot.dot(marks.other, { ...facet, r: 2.2, stroke: "var(--muted)" }),
      Plot.dot(marks.above, { ...facet, r: 2.6, symbol: "triangle", fill: "var(--muted)" }),
      Plot.dot(marks.diverged, { ...facet, r: 2.6, symbol: "times", stroke: "var(--alarm)" }),
      Plot.dot(marks.fitted, { ...facet, r: 2.2, fill: "var(--ink)" }),
      Plot.ruleY(marks.minimum, {
        fx: "tokens",
        fy: "batch",
        y: "y",
        x1: "low",
        x2: "high",
        stroke: "var(--accent)",
        strokeWidth: 2,
      }),
      Plot.dot(marks.minimum, { ...facet, r: 3.2, stroke: "var(--accent)", strokeWidth: 1.5 }),
      Plot.text(marks.label, {
        fx: "tokens",
        fy: "batch",
        text: "text",
        frameAnchor: "top",
        dy: 4,
        fontSize: 10,
        fill: "var(--soft)",
      }),
    ],
  })
  return { ...base, panels: [svg] }
}
