/** What the figures show of a law, as plain data: bars, bounds and curves in log2 of tokens and of rates. */
import { isEstimate, type Law, type PowerLaw, powerLawAt, type Result } from "@ts/fit"
import {
  type Bar,
  type BoundMark,
  barOf,
  boundOf,
  type Finding,
  findings,
  type LawCurve,
  lawCurves,
  present,
} from "@ts/report"

/** eta*(B) at one horizon. */
export interface Bell {
  readonly tokens: number
  readonly bars: ReadonlyArray<Bar>
  readonly bounds: ReadonlyArray<BoundMark>
  readonly curve?: LawCurve
}

/** A batch of note against the horizon. */
export interface Track {
  readonly id: "overhead" | "peak"
  readonly name: string
  readonly bars: ReadonlyArray<Bar>
  readonly bounds: ReadonlyArray<BoundMark>
  /** The power law and its band; empty where there is none. */
  readonly band: ReadonlyArray<Bar>
  /** "grows like T^0.43 (90 %: 0.39 … 0.46)", or why nothing is known. */
  readonly text: string
}

export interface LawView {
  readonly batches: ReadonlyArray<number>
  readonly horizons: ReadonlyArray<number>
  readonly bells: ReadonlyArray<Bell>
  readonly tracks: ReadonlyArray<Track>
  readonly findings: ReadonlyArray<Finding>
  /** Whether it can be asked for a prediction. */
  readonly speaks: boolean
}

/** How far curves go beyond the measured batches, octaves. */
const REACH = 1

const FEWEST = 3

const ownCells = ({ cells, slice: { width, size, average } }: Law) =>
  cells.filter((cell) => cell.width === width && cell.size === size && cell.average === average)

/** Through the optima of fewer than three batches goes any form, and a curve would say more than is known. */
export const hasCurves = (law: Law): boolean =>
  law.joint !== undefined &&
  new Set(ownCells(law).flatMap(({ batch, eta }) => (isEstimate(eta) ? [batch] : []))).size >= FEWEST

const distinct = (values: ReadonlyArray<number>): ReadonlyArray<number> => [...new Set(values)].sort((a, b) => a - b)

const bellsOf = (law: Law, batches: ReadonlyArray<number>, horizons: ReadonlyArray<number>): ReadonlyArray<Bell> => {
  const own = ownCells(law)
  const [first, last] = [Math.log2(batches[0]!), Math.log2(batches[batches.length - 1]!)]
  const curves = hasCurves(law)
  return horizons.map((tokens): Bell => {
    const cells = own.filter((cell) => cell.tokens === tokens).sort((a, b) => a.batch - b.batch)
    const bars = present(cells.map((cell) => barOf(Math.log2(cell.batch), cell.eta)))
    const bounds = present(cells.map((cell) => boundOf(Math.log2(cell.batch), cell.eta)))
    if (law.joint === undefined || bars.length === 0 || !curves) return { tokens, bars, bounds }
    const range = {
      measured: [bars[0]!.x, bars[bars.length - 1]!.x],
      drawn: [first - REACH, last + REACH],
    } as const
    const curve = lawCurves(law, tokens, range, horizons.length).get(law.joint.form)
    return { tokens, bars, bounds, ...(curve === undefined ? {} : { curve }) }
  })
}

const exponentText = ({ exponent }: PowerLaw): string => {
  if (!isEstimate(exponent)) return exponent.message
  const { value, interval } = exponent
  if (interval === undefined) return `grows like T^${value.toFixed(2)}`
  const { low, high, level } = interval
  const [from, to] = [low, high].map((end) => (Number.isFinite(end) ? end.toFixed(2) : undefined))
  if (from === undefined && to === undefined) return "grows with T by an exponent that is not identified"
  const range = from === undefined ? `below ${to}` : to === undefined ? `above ${from}` : `${from} … ${to}`
  return `grows like T^${value.toFixed(2)} (${Math.round(100 * level)} %: ${range})`
}

const bandOf = (law: PowerLaw, from: number, to: number): ReadonlyArray<Bar> =>
  isEstimate(law.exponent)
    ? present(
        Array.from({ length: 25 }, (_, i) => from + ((to - from) * i) / 24).map((x) =>
          barOf(x, powerLawAt(law, 2 ** x)),
        ),
      )
    : []

const trackOf = (
  id: Track["id"],
  name: string,
  law: PowerLaw,
  results: ReadonlyArray<{ readonly tokens: number; readonly batch: Result }>,
  horizons: ReadonlyArray<number>,
): Track => ({
  id,
  name,
  bars: present(results.map(({ tokens, batch }) => barOf(Math.log2(tokens), batch))),
  bounds: present(results.map(({ tokens, batch }) => boundOf(Math.log2(tokens), batch))),
  band: bandOf(law, Math.log2(horizons[0]!) - 0.5, Math.log2(horizons[horizons.length - 1]!) + 2),
  text: exponentText(law),
})

export const viewOf = (law: Law): LawView => {
  const batches = distinct(law.cells.map(({ batch }) => batch))
  const horizons = distinct(law.cells.map(({ tokens }) => tokens))
  const peaks = law.bells.map(({ tokens, peakBatch }) => ({ tokens, batch: peakBatch }))
  const share = Math.round(100 * (law.overheads[0]?.overhead ?? 0.2))
  return {
    batches,
    horizons,
    bells: bellsOf(law, batches, horizons),
    tracks: [
      trackOf("overhead", `${share} %-overhead batch`, law.powerLaws.overheadBatch, law.overheads, horizons),
      trackOf("peak", "Critical batch, where the curve peaks", law.powerLaws.peakBatch, peaks, horizons),
    ],
    findings: findings(law),
    speaks: law.joint !== undefined,
  }
}
