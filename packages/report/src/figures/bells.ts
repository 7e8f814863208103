import { bellEta, isEstimate, type Law } from "@ts/fit"
import { tokensLabel } from "../format/tokens.ts"
import { gridOf, ownCells } from "../law-view.ts"
import { etaTable } from "../tables/grid-tables.ts"
import { horizonTable } from "../tables/horizon-tables.ts"
import { barOf, boundOf, present } from "./bars.ts"
import { familyDomain, familyMarks, type Series } from "./eta-panels.ts"
import type { Figure } from "./figure.ts"
import { levelColor, levelSymbol } from "./palette.ts"
import { octaveAxis, padded, raised } from "./scale.ts"
import { renderSvg } from "./svg.ts"

/** eta*(B) by horizon, with the fitted bell where its peak is identified. */
export const bellsFigure = (law: Law): Figure => {
  const { batches, horizons, at } = gridOf(ownCells(law))
  const fitted = law.bells.filter((bell) => isEstimate(bell.peakBatch) && isEstimate(bell.peakEta)).length
  const base = {
    id: "bells",
    title: "Optimal learning rate against batch size",
    caption: `Each curve is one horizon; bars are intervals, left out on a side that is open. ${
      fitted > 0
        ? `Smooth curves are fitted bells (${fitted} of ${law.bells.length} horizons)${fitted < law.bells.length ? "; where the peak is not identified, straight lines join the points" : ""}.`
        : "No peak is identified, so the points are joined by straight lines."
    } An arrow marks an optimum beyond the rates measured.`,
    tables: [etaTable(law), horizonTable(law)],
    legend: horizons.map((tokens, i) => ({
      label: `T = ${tokensLabel(tokens)}`,
      color: levelColor(i, horizons.length),
      symbol: levelSymbol(i),
    })),
  }
  const family = horizons.map((tokens): Series => {
    const cells = batches.map((batch) => at(batch, tokens))
    const results = cells.flatMap((cell) => (cell === undefined ? [] : [{ x: Math.log2(cell.batch), eta: cell.eta }]))
    const curve = bellCurve(law, tokens, batches)
    return {
      bars: present(results.map((r) => barOf(r.x, r.eta))),
      bounds: present(results.map((r) => boundOf(r.x, r.eta))),
      ...(curve === undefined ? {} : { curve }),
    }
  })
  if (family.every((s) => s.bars.length === 0 && s.bounds.length === 0))
    return { ...base, panels: [], empty: "No profile has an identified optimum." }
  const svg = renderSvg({
    ariaLabel: `Optimal learning rate against batch size, one curve for each of ${horizons.length} horizons. Values are in the table below.`,
    width: 880,
    height: 380,
    marginLeft: 56,
    marginBottom: 42,
    x: {
      ...octaveAxis("batch size B (tokens)", padded(batches.map(Math.log2), 0.4)),
      labelAnchor: "center",
      labelOffset: 36,
    },
    y: { ...octaveAxis("eta*", familyDomain(family)), grid: true },
    marks: familyMarks(family),
  })
  return { ...base, panels: [svg], legend: base.legend.map((e) => ({ ...e, label: raised(e.label) })) }
}

const bellCurve = (
  law: Law,
  tokens: number,
  batches: ReadonlyArray<number>,
): ReadonlyArray<readonly [number, number]> | undefined => {
  const bell = law.bells.find((b) => b.tokens === tokens)
  if (bell === undefined || !isEstimate(bell.peakBatch) || !isEstimate(bell.peakEta)) return undefined
  const { peakBatch, peakEta } = bell
  const [low, high] = padded(batches.map(Math.log2), 0.2)
  return Array.from({ length: 49 }, (_, i) => {
    const x = low + ((high - low) * i) / 48
    return [x, Math.log2(bellEta(2 ** x, peakBatch.value, peakEta.value))] as const
  })
}
