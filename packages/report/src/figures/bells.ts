import type { Law } from "@ts/fit"
import { formTitle } from "../format/form.ts"
import { percent } from "../format/result.ts"
import { tokensLabel } from "../format/tokens.ts"
import { gridOf, ownCells } from "../law-view.ts"
import { etaTable } from "../tables/grid-tables.ts"
import { horizonTable } from "../tables/horizon-tables.ts"
import { barOf, boundOf, present } from "./bars.ts"
import { familyDomain, familyMarks, type Series } from "./eta-panels.ts"
import type { Figure } from "./figure.ts"
import { lawCurves } from "./law-curve.ts"
import { levelColor, levelSymbol } from "./palette.ts"
import { octaveAxis, padded, raised } from "./scale.ts"
import { renderSvg } from "./svg.ts"

/** How far curves go beyond the measured batches, octaves. */
const reach = 1

const captionOf = (law: Law, drawn: boolean): string => {
  const points = "Each colour is one horizon; bars are intervals, left out on a side that is open."
  const arrow = "An arrow marks an optimum beyond the rates measured."
  if (!drawn || law.joint === undefined)
    return `${points} No law of eta* could be fitted, so the points are joined by straight lines. ${arrow}`
  const undecided = "undecided" in law.forms.verdict
  return `${points} Curves are the one law fitted to all profiles, a ${formTitle(law.joint.form)}${undecided ? " (other forms are possible too)" : ""}, with its ${percent(law.level)} band; dashed beyond the batches measured at that horizon. ${arrow}`
}

/** eta*(B) by horizon, with the law that was fitted to all of them. */
export const bellsFigure = (law: Law): Figure => {
  const { batches, horizons, at } = gridOf(ownCells(law))
  const octaves = batches.map(Math.log2)
  const drawn = padded(octaves, reach)
  const family = horizons.map((tokens): Series => {
    const cells = batches.map((batch) => at(batch, tokens))
    const results = cells.flatMap((cell) => (cell === undefined ? [] : [{ x: Math.log2(cell.batch), eta: cell.eta }]))
    const bars = present(results.map((r) => barOf(r.x, r.eta)))
    const measured = padded(
      bars.map((bar) => bar.x),
      0,
    )
    const curve =
      law.joint === undefined || bars.length === 0
        ? undefined
        : lawCurves(law, tokens, { measured, drawn }, horizons.length).get(law.joint.form)
    return {
      bars,
      bounds: present(results.map((r) => boundOf(r.x, r.eta))),
      ...(curve === undefined ? {} : { curve }),
    }
  })
  const curved = family.some((s) => s.curve !== undefined)
  const base = {
    id: "bells",
    title: "Optimal learning rate against batch size",
    caption: captionOf(law, curved),
    tables: [etaTable(law), horizonTable(law)],
    legend: horizons.map((tokens, i) => ({
      label: raised(`T = ${tokensLabel(tokens)}`),
      color: levelColor(i, horizons.length),
      symbol: levelSymbol(i),
    })),
  }
  if (family.every((s) => s.bars.length === 0 && s.bounds.length === 0))
    return { ...base, panels: [], empty: "No profile has an identified optimum." }
  const y = familyDomain(family)
  const svg = renderSvg({
    ariaLabel: `Optimal learning rate against batch size, one curve for each of ${horizons.length} horizons. Values are in the table below.`,
    width: 880,
    height: 400,
    marginLeft: 56,
    marginBottom: 42,
    x: {
      ...octaveAxis("batch size B (tokens)", curved ? drawn : padded(octaves, 0.4)),
      labelAnchor: "center",
      labelOffset: 36,
    },
    y: { ...octaveAxis("eta*", y), grid: true },
    marks: familyMarks(family, y),
  })
  return { ...base, panels: [svg] }
}
