import * as Plot from "@observablehq/plot"
import type { Bar, BoundMark } from "./bars.ts"
import { levelColor, levelSymbol } from "./palette.ts"
import { padded } from "./scale.ts"

/** One level of a family of curves: a horizon or a batch. */
export interface Series {
  readonly bars: ReadonlyArray<Bar>
  readonly bounds: ReadonlyArray<BoundMark>
  /** A fitted curve instead of the line through the points: x and y, log2. */
  readonly curve?: ReadonlyArray<readonly [number, number]>
}

/** Marks of a family of curves with error bars, shifted a little against each other so that no bar hides another. */
export const familyMarks = (all: ReadonlyArray<Series>, shift = 0.06): Array<Plot.Markish> =>
  all.flatMap((series, i): Array<Plot.Markish> => {
    const color = levelColor(i, all.length)
    // Points on a fitted curve stay where it says they are.
    const dx = series.curve === undefined ? (i - (all.length - 1) / 2) * shift : 0
    const bars = series.bars.map((bar) => ({ ...bar, x: bar.x + dx }))
    const curve = series.curve ?? bars.map((bar) => [bar.x, bar.y] as const)
    return [
      Plot.line(curve, {
        x: (p: readonly [number, number]) => p[0],
        y: (p: readonly [number, number]) => p[1],
        stroke: color,
        strokeWidth: 1.5,
        strokeOpacity: series.curve === undefined ? 0.65 : 1,
      }),
      Plot.ruleX(bars, { x: "x", y1: "low", y2: "high", stroke: color, strokeWidth: 1.2 }),
      Plot.dot(bars, {
        x: "x",
        y: "y",
        r: 3.6,
        symbol: levelSymbol(i),
        fill: color,
        stroke: "var(--page)",
        strokeWidth: 0.8,
      }),
      Plot.text(series.bounds, {
        x: (b: BoundMark) => b.x + dx,
        y: "y",
        text: "arrow",
        fill: color,
        fontSize: 13,
        fontWeight: "bold",
      }),
    ]
  })

/** Range of a family, log2. */
export const familyDomain = (all: ReadonlyArray<Series>, margin = 0.3): [number, number] =>
  padded(
    all.flatMap((s) => [
      ...s.bars.flatMap((bar) => [bar.y, Math.max(bar.low, bar.y - 2), Math.min(bar.high, bar.y + 2)]),
      ...s.bounds.map((b) => b.y),
    ]),
    margin,
  )
