/** eta*(B), a curve for each horizon, and the one asked for. */
import { levelColor, levelSymbol } from "@ts/report"
import type { PredictionView } from "../../analyst/prediction.ts"
import type { Bell, LawView } from "../../analyst/view.ts"
import type { Truth } from "../../studies/Preset.ts"
import { type Frame, frame, padded } from "./frame.ts"
import { area, mark, path, svg } from "./svg.ts"

interface Place {
  readonly x: number
  readonly y: number
  readonly low: number
  readonly high: number
}

const line = ({ px, py }: Frame, points: ReadonlyArray<Place>): string => path(points.map((p) => [px(p.x), py(p.y)]))

const band = ({ px, py }: Frame, points: ReadonlyArray<Place>): string =>
  area(
    points.map((p) => [px(p.x), py(p.high)]),
    points.map((p) => [px(p.x), py(p.low)]),
  )

const bellMarks = (
  place: Frame,
  bell: Bell,
  color: string,
  symbol: string,
  first: boolean,
): ReadonlyArray<SVGElement> => {
  const { bars, bounds, curve } = bell
  const { px, py } = place
  const marks: Array<SVGElement> = []
  if (curve !== undefined) {
    const all = [curve.outside[0] ?? [], curve.inside, curve.outside[1] ?? []].flat()
    marks.push(svg("path", { class: "band", d: band(place, all), fill: color }))
    marks.push(
      svg("path", {
        class: first ? "curve fresh" : "curve",
        d: line(place, curve.inside),
        stroke: color,
        pathLength: 1,
      }),
    )
    for (const part of curve.outside)
      marks.push(svg("path", { class: "curve beyond", d: line(place, part), stroke: color }))
  }
  for (const { x, y, low, high } of bars) {
    marks.push(svg("line", { class: "whisker", x1: px(x), x2: px(x), y1: py(low), y2: py(high), stroke: color }))
    marks.push(mark(symbol, px(x), py(y), 4, { class: "dot", fill: color }))
  }
  for (const { x, y, arrow } of bounds)
    marks.push(
      svg("text", { class: "bound", x: px(x), y: py(y) + 4, "text-anchor": "middle", style: `fill:${color}` }, arrow),
    )
  return marks
}

const truthMarks = ({ px, py }: Frame, truth: Truth, tokens: number, [from, to]: readonly [number, number]) =>
  svg("path", {
    class: "truth",
    d: path(
      Array.from({ length: 49 }, (_, i) => from + ((to - from) * i) / 48).map((x) => [
        px(x),
        py(Math.log2(truth.eta(2 ** x, tokens))),
      ]),
    ),
  })

const asked = (place: Frame, { curve, batch, eta }: PredictionView): ReadonlyArray<SVGElement> => {
  const { px, py, top, bottom } = place
  const marks: Array<SVGElement> = [
    svg("path", { class: "band asked", d: band(place, curve) }),
    svg("path", { class: "curve asked", d: line(place, curve) }),
  ]
  if (!("value" in batch)) return marks
  const x = px(Math.log2(batch.value))
  marks.push(svg("line", { class: "here", x1: x, x2: x, y1: top, y2: bottom }))
  if (!("value" in eta)) return marks
  const { value, low = value, high = value } = eta
  marks.push(svg("line", { class: "whisker asked", x1: x, x2: x, y1: py(Math.log2(low)), y2: py(Math.log2(high)) }))
  marks.push(svg("circle", { class: "dot asked", cx: x, cy: py(Math.log2(value)), r: 5.5 }))
  return marks
}

export interface BellFigure {
  readonly law: LawView
  /** Of the whole study, tokens: the frame stands still while runs finish. */
  readonly batches: ReadonlyArray<number>
  readonly prediction: PredictionView | undefined
  readonly truth: Truth | undefined
  /** Horizons whose curve was there the last time: others draw themselves. */
  readonly seen: ReadonlySet<number>
}

export const bellFigure = ({ law, batches, prediction, truth, seen }: BellFigure, width: number): SVGSVGElement => {
  const x = padded(batches.map(Math.log2), 1)
  const y = padded(
    [
      ...law.bells.flatMap(({ bars, bounds }) => [
        ...bars.flatMap((bar) => [Math.max(bar.low, bar.y - 1), Math.min(bar.high, bar.y + 1)]),
        ...bounds.map((bound) => bound.y),
      ]),
      ...(prediction !== undefined && "value" in prediction.eta ? [Math.log2(prediction.eta.value)] : []),
    ],
    0.45,
    2.5,
  )
  const known = law.bells.filter(({ bars }) => bars.length > 0).length
  const place = frame(
    width,
    Math.max(300, Math.min(430, 0.52 * width)),
    { label: "batch B, tokens", domain: x, scale: "octaves" },
    { label: "best learning rate", domain: y, scale: "octaves" },
    `The best learning rate against the batch; optima are known at ${known} of ${law.horizons.length} horizons. The numbers are in the table below.`,
  )
  const count = law.bells.length
  if (truth !== undefined) place.layer.append(...law.horizons.map((tokens) => truthMarks(place, truth, tokens, x)))
  law.bells.forEach((bell, i) => {
    place.layer.append(...bellMarks(place, bell, levelColor(i, count), levelSymbol(i), !seen.has(bell.tokens)))
  })
  if (prediction !== undefined) place.layer.append(...asked(place, prediction))
  return place.root
}
