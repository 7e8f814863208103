import * as Plot from "@observablehq/plot"
import { isEstimate, type Law, type PowerLaw, powerLawAt, type Result } from "@ts/fit"
import { percent } from "../format/result.ts"
import { bestBatchTable, horizonTable, powerLawTable } from "../tables/horizon-tables.ts"
import { type Bar, type BoundMark, barOf, boundOf, present } from "./bars.ts"
import type { Figure, LegendEntry } from "./figure.ts"
import { octaveAxis, padded } from "./scale.ts"
import { renderSvg } from "./svg.ts"

interface Track {
  readonly name: string
  readonly color: string
  readonly symbol: "circle" | "square" | "diamond"
  readonly points: ReadonlyArray<{ readonly tokens: number; readonly result: Result }>
  readonly law: PowerLaw
}

/** The batches of note and the height of the bell against the horizon, with fitted power laws and their bands. */
export const horizonLawsFigure = (law: Law): Figure => {
  const batches: ReadonlyArray<Track> = [
    {
      name: `${percent(law.overheads[0]?.overhead ?? 0.2)}-overhead batch`,
      color: "var(--accent)",
      symbol: "circle",
      points: law.overheads.map((o) => ({ tokens: o.tokens, result: o.batch })),
      law: law.powerLaws.overheadBatch,
    },
    {
      name: "peak B_crit",
      color: "var(--second)",
      symbol: "square",
      points: law.bells.map((b) => ({ tokens: b.tokens, result: b.peakBatch })),
      law: law.powerLaws.peakBatch,
    },
    {
      name: "best batch",
      color: "var(--third)",
      symbol: "diamond",
      points: law.bestBatches.map((b) => ({ tokens: b.tokens, result: b.batch })),
      law: law.powerLaws.bestBatch,
    },
  ]
  const height: Track = {
    name: "eta_crit",
    color: "var(--second)",
    symbol: "square",
    points: law.bells.map((b) => ({ tokens: b.tokens, result: b.peakEta })),
    law: law.powerLaws.peakEta,
  }
  const both = law.bells.some((b) => isEstimate(b.peakEta))
  const panels = [
    panel(batches, "batch size (tokens)", "Batches of note", both ? 430 : 880),
    both ? panel([height], "eta_crit", "Height of the bell", 430) : undefined,
  ]
  const base = {
    id: "horizon-laws",
    title: "Critical and best batches against the horizon",
    caption: `${both ? "Left: the" : "The"} batch that needs more data by the stated share, the peak of the bell and the batch with the lowest loss: three definitions, three quantities. ${both ? "Right: the height of the bell. " : ""}Bars are intervals, left out on a side that is open; lines and bands are fitted power laws and the interval of a value read off them; an arrow is a one-sided bound.`,
    tables: [horizonTable(law), powerLawTable(law), bestBatchTable(law)],
    legend: batches.map((t): LegendEntry => ({ label: t.name, color: t.color, symbol: t.symbol })),
  }
  const drawn = panels.filter((svg) => svg !== undefined)
  return drawn.length > 0
    ? { ...base, panels: drawn }
    : { ...base, panels: [], empty: "Neither a critical nor a best batch is identified or bounded at any horizon." }
}

const panel = (tracks: ReadonlyArray<Track>, yLabel: string, alt: string, width: number): string | undefined => {
  const bars = tracks.map((t) => present(t.points.map((p) => barOf(Math.log2(p.tokens), p.result))))
  const bounds = tracks.map((t) => present(t.points.map((p) => boundOf(Math.log2(p.tokens), p.result))))
  if (bars.every((b) => b.length === 0) && bounds.every((b) => b.length === 0)) return undefined
  const x = padded(
    tracks.flatMap((t) => t.points.map((p) => Math.log2(p.tokens))),
    0.4,
  )
  const y = padded(
    [
      ...bars.flat().flatMap((b) => [b.y, Math.max(b.low, b.y - 3), Math.min(b.high, b.y + 3)]),
      ...bounds.flat().map((b) => b.y),
    ],
    0.5,
  )
  return renderSvg({
    ariaLabel: `${alt} against the horizon: ${tracks.map((t, i) => `${t.name} at ${bars[i].length} horizons`).join(", ")}. Values are in the tables below.`,
    width,
    height: 340,
    marginLeft: 56,
    marginBottom: 42,
    x: { ...octaveAxis("horizon T (tokens)", x, 7), labelAnchor: "center", labelOffset: 36 },
    y: { ...octaveAxis(yLabel, y, 8), grid: true },
    marks: tracks.flatMap((track, i) =>
      trackMarks(track, bars[i], bounds[i], x, y, (i - (tracks.length - 1) / 2) * 0.08),
    ),
  })
}

const trackMarks = (
  track: Track,
  bars: ReadonlyArray<Bar>,
  bounds: ReadonlyArray<BoundMark>,
  x: readonly [number, number],
  y: readonly [number, number],
  dx: number,
): Array<Plot.Markish> => {
  const { color, symbol } = track
  const line = bandOf(track.law, x).map((p) => ({ ...p, low: Math.max(p.low, y[0]), high: Math.min(p.high, y[1]) }))
  const inside = line.filter((p) => p.low < y[1] && p.high > y[0])
  return [
    Plot.areaY(inside, { x: "x", y1: "low", y2: "high", fill: color, fillOpacity: 0.13 }),
    Plot.line(
      line.filter((p) => p.y >= y[0] && p.y <= y[1]),
      { x: "x", y: "y", stroke: color, strokeWidth: 1.5 },
    ),
    Plot.ruleX(bars, {
      x: (b: Bar) => b.x + dx,
      y1: (b: Bar) => Math.max(b.low, y[0]),
      y2: (b: Bar) => Math.min(b.high, y[1]),
      stroke: color,
      strokeWidth: 1.4,
    }),
    Plot.dot(bars, {
      x: (b: Bar) => b.x + dx,
      y: "y",
      r: 4,
      symbol,
      fill: color,
      stroke: "var(--page)",
      strokeWidth: 0.8,
    }),
    Plot.text(bounds, {
      x: (b: BoundMark) => b.x + dx,
      y: "y",
      text: "arrow",
      fill: color,
      fontSize: 14,
      fontWeight: "bold",
    }),
  ]
}

/** A power law and the interval of a value read off it, over the horizons drawn; log2. */
const bandOf = (law: PowerLaw, x: readonly [number, number]): ReadonlyArray<Bar> =>
  Array.from({ length: 33 }, (_, i) => x[0] + ((x[1] - x[0]) * i) / 32).flatMap((octave) => {
    const bar = isEstimate(law.exponent) ? barOf(octave, powerLawAt(law, 2 ** octave, levelOf(law))) : undefined
    return bar === undefined ? [] : [bar]
  })

const levelOf = (law: PowerLaw): number =>
  isEstimate(law.exponent) && law.exponent.interval !== undefined ? law.exponent.interval.level : 0.9
