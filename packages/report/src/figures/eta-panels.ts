import * as Plot from "@observablehq/plot"
import type { Bar, BoundMark } from "./bars.ts"
import type { CurvePoint, LawCurve } from "./law-curve.ts"
import { levelColor, levelSymbol } from "./palette.ts"
import { padded } from "./scale.ts"

/** One level of a family of curves: a horizon or a batch. */
export interface Series {
  readonly bars: ReadonlyArray<Bar>
  readonly bounds: ReadonlyArray<BoundMark>
  /** The law's curve instead of the line through the points, log2. */
  readonly curve?: LawCurve
}

const at = { x: "x", y: "y" } as const

/** The curve of a law with its band: full where batches were measured, dashed beyond. */
export const curveMarks = (
  curve: LawCurve,
  color: string,
  [low, high]: readonly [number, number],
): Array<Plot.Markish> => {
  const clamp = (y: number) => Math.min(high, Math.max(low, y))
  const whole = [...(curve.outside[0] ?? []), ...curve.inside, ...(curve.outside[1] ?? [])]
  const shown = (points: ReadonlyArray<CurvePoint>) => points.filter((p) => p.y >= low && p.y <= high)
  return [
    Plot.areaY(whole, {
      x: "x",
      y1: (p: CurvePoint) => clamp(p.low),
      y2: (p: CurvePoint) => clamp(p.high),
      fill: color,
      fillOpacity: 0.1,
    }),
    Plot.line(shown(curve.inside), { ...at, stroke: color, strokeWidth: 1.5, curve: "catmull-rom" }),
    ...curve.outside.map((points) =>
      Plot.line(shown(points), { ...at, stroke: color, strokeWidth: 1.3, strokeDasharray: "4 3" }),
    ),
  ]
}

/** Marks of a family of curves with error bars, shifted a little against each other so that no bar hides another. */
export const familyMarks = (
  all: ReadonlyArray<Series>,
  domain: readonly [number, number],
  shift = 0.06,
): Array<Plot.Markish> =>
  all.flatMap((series, i): Array<Plot.Markish> => {
    const color = levelColor(i, all.length)
    // Points on a fitted curve stay where it says they are.
    const dx = series.curve === undefined ? (i - (all.length - 1) / 2) * shift : 0
    const bars = series.bars.map((bar) => ({ ...bar, x: bar.x + dx }))
    return [
      ...(series.curve === undefined
        ? [Plot.line(bars, { ...at, stroke: color, strokeWidth: 1.5, strokeOpacity: 0.65 })]
        : curveMarks(series.curve, color, domain)),
      Plot.ruleX(bars, {
        x: "x",
        y1: (b: Bar) => Math.max(b.low, domain[0]),
        y2: (b: Bar) => Math.min(b.high, domain[1]),
        stroke: color,
        strokeWidth: 1.2,
      }),
      Plot.dot(bars, {
        ...at,
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

/** Range of a family, log2: of its points, and of its curves where these stay near. */
export const familyDomain = (all: ReadonlyArray<Series>, margin = 0.3): [number, number] =>
  padded(
    all.flatMap((s) => [
      ...s.bars.flatMap((bar) => [bar.y, Math.max(bar.low, bar.y - 2), Math.min(bar.high, bar.y + 2)]),
      ...s.bounds.map((b) => b.y),
    ]),
    margin,
  )
