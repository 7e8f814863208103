import type { Law, PowerLaw } from "@ts/fit"
import { slopeText, standing } from "../findings/regimes.ts"
import { nats, percent, plain, power } from "../format/result.ts"
import { tokensLabel, tokensRange } from "../format/tokens.ts"
import { distinct } from "../law-view.ts"
import { blank, intervalCell, numeral, type ReportTable, resultCell, words } from "./table.ts"

const horizonsOf = (law: Law): ReadonlyArray<number> =>
  distinct([...law.overheads, ...law.bells, ...law.bestBatches].map((item) => item.tokens))

const overheadName = (law: Law): string => `${percent(law.overheads[0]?.overhead ?? 0.2)}-overhead batch`

/** The batches of note by horizon, tokens, with their intervals. */
export const horizonTable = (law: Law): ReportTable => ({
  id: "horizons",
  caption: "Batches of note by horizon, tokens",
  columns: ["T", overheadName(law), "interval", "peak B_crit", "interval", "eta_crit", "interval"],
  rows: horizonsOf(law).map((tokens) => {
    const overhead = law.overheads.find((o) => o.tokens === tokens)?.batch
    const bell = law.bells.find((b) => b.tokens === tokens)
    return [
      words(tokensLabel(tokens)),
      ...(overhead === undefined ? [blank, blank] : [resultCell(overhead, power), intervalCell(overhead, power)]),
      ...(bell === undefined
        ? [blank, blank, blank, blank]
        : [
            resultCell(bell.peakBatch, power),
            intervalCell(bell.peakBatch, power),
            resultCell(bell.peakEta, power),
            intervalCell(bell.peakEta, power),
          ]),
    ]
  }),
})

/** The loss-optimal batch by horizon and the loss there. */
export const bestBatchTable = (law: Law): ReportTable => ({
  id: "best-batch",
  caption: "The batch with the lowest loss, each at its best rate",
  columns: ["T", "best batch", "interval", "loss there", "interval"],
  rows: law.bestBatches.map((b) => [
    words(tokensLabel(b.tokens)),
    resultCell(b.batch, power),
    intervalCell(b.batch, power),
    resultCell(b.loss, nats),
    intervalCell(b.loss, nats),
  ]),
})

/** Exponents in T, and the values they hold at. */
export const powerLawTable = (law: Law): ReportTable => {
  const laws: ReadonlyArray<readonly [string, PowerLaw]> = [
    [overheadName(law), law.powerLaws.overheadBatch],
    ["balance batch", law.powerLaws.balanceBatch],
    ["peak B_crit", law.powerLaws.peakBatch],
    ["eta_crit", law.powerLaws.peakEta],
    ["best batch", law.powerLaws.bestBatch],
  ]
  return {
    id: "power-laws",
    caption: "Power laws in the horizon: value = prefactor (T / reference)^exponent",
    columns: ["quantity", "exponent", "interval", "prefactor", "reference T", "horizons"],
    rows: laws.map(([name, { exponent, prefactor, reference, horizons }]) => [
      words(name),
      resultCell(exponent, plain),
      intervalCell(exponent, plain),
      resultCell(prefactor, power),
      exponent._tag === "Estimate" ? numeral(reference, power.number(reference)) : blank,
      horizons.length === 0 ? blank : words(horizons.map(tokensLabel).join(", ")),
    ]),
  }
}

/** Slope of eta* with T at each batch, and the verdict. */
export const regimeTable = (law: Law): ReportTable => ({
  id: "regimes",
  caption: "d ln eta* / d ln T at fixed batch",
  columns: ["B", "verdict", "slope", "interval", "horizons"],
  rows: law.regimes.map((r) => [
    words(tokensLabel(r.batch)),
    words(standing(r)),
    { ...resultCell(r.slope, plain), text: slopeText(r) },
    intervalCell(r.slope, plain),
    r.horizons.length === 0 ? blank : words(tokensRange(r.horizons, horizonsOf(law))),
  ]),
})
