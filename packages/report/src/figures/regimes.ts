import type { Law } from "@ts/fit"
import { tokensLabel } from "../format/tokens.ts"
import { gridOf, ownCells } from "../law-view.ts"
import { regimeTable } from "../tables/horizon-tables.ts"
import { barOf, boundOf, present } from "./bars.ts"
import { familyDomain, familyMarks, type Series } from "./eta-panels.ts"
import type { Figure } from "./figure.ts"
import { levelColor, levelSymbol } from "./palette.ts"
import { octaveAxis, padded, raised } from "./scale.ts"
import { renderSvg } from "./svg.ts"

/** eta*(T) by batch: the regimes. */
export const regimesFigure = (law: Law): Figure => {
  const { batches, horizons, at } = gridOf(ownCells(law))
  const base = {
    id: "regimes",
    title: "Optimal learning rate against the horizon",
    caption:
      "Each curve is one batch size; bars are intervals, left out on a side that is open. Theory has the curve of a small batch fall and that of a large one rise, with a flat one between them.",
    tables: [regimeTable(law)],
    legend: batches.map((batch, i) => ({
      label: raised(`B = ${tokensLabel(batch)}`),
      color: levelColor(i, batches.length),
      symbol: levelSymbol(i),
    })),
  }
  const family = batches.map((batch): Series => {
    const results = horizons.flatMap((tokens) => {
      const cell = at(batch, tokens)
      return cell === undefined ? [] : [{ x: Math.log2(tokens), eta: cell.eta }]
    })
    return {
      bars: present(results.map((r) => barOf(r.x, r.eta))),
      bounds: present(results.map((r) => boundOf(r.x, r.eta))),
    }
  })
  if (family.every((s) => s.bars.length === 0 && s.bounds.length === 0))
    return { ...base, panels: [], empty: "No profile has an identified optimum." }
  const y = familyDomain(family)
  const svg = renderSvg({
    ariaLabel: `Optimal learning rate against horizon, one curve for each of ${batches.length} batch sizes. Slopes are in the table below.`,
    width: 880,
    height: 380,
    marginLeft: 56,
    marginBottom: 42,
    x: {
      ...octaveAxis("horizon T (tokens)", padded(horizons.map(Math.log2), 0.35)),
      labelAnchor: "center",
      labelOffset: 36,
    },
    y: { ...octaveAxis("eta*", y), grid: true },
    marks: familyMarks(family, y, 0.03),
  })
  return { ...base, panels: [svg] }
}
