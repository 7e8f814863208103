/** The frame of a figure: axes with their ticks, and where a value lies. */
import { raisedSpans } from "../raised.ts"
import { svg } from "./svg.ts"

export interface Axis {
  readonly label: string
  readonly domain: readonly [number, number]
  /** `octaves`: values are log2, and ticks say 2^k. */
  readonly scale: "octaves" | "plain"
}

export interface Frame {
  readonly root: SVGSVGElement
  /** Under everything, cut off at the frame. */
  readonly layer: SVGGElement
  readonly px: (x: number) => number
  readonly py: (y: number) => number
  readonly top: number
  readonly bottom: number
}

/** Whole powers of two, unless there would be fewer than two of them. */
const octaveStrides = (span: number) => [...(span < 2 ? [0.25, 0.5] : []), 1, 2, 3, 4, 5, 10]

const ticksOf = ({ domain: [low, high], scale }: Axis, most: number): ReadonlyArray<number> => {
  const span = high - low
  const ten = 10 ** Math.floor(Math.log10(span / most))
  const strides = scale === "octaves" ? octaveStrides(span) : [ten, 2 * ten, 5 * ten, 10 * ten]
  const stride = strides.find((s) => span / s <= most) ?? strides[strides.length - 1]!
  const ticks: Array<number> = []
  for (let k = Math.ceil(low / stride - 1e-9); k * stride <= high + 1e-9; k++) ticks.push(k * stride)
  return ticks
}

const textOf = (axis: Axis, tick: number, ticks: ReadonlyArray<number>): string => {
  if (axis.scale === "octaves") return `2^${Number(tick.toFixed(2))}`
  const stride = ticks.length > 1 ? ticks[1]! - ticks[0]! : 1
  return tick.toFixed(Math.max(0, Math.ceil(-Math.log10(stride) - 1e-9)))
}

let figures = 0

export const frame = (width: number, height: number, x: Axis, y: Axis, words: string): Frame => {
  const [left, right, top, bottom] = [46, width - 14, 30, height - 42]
  const px = (v: number) => left + ((v - x.domain[0]) / (x.domain[1] - x.domain[0])) * (right - left)
  const py = (v: number) => bottom - ((v - y.domain[0]) / (y.domain[1] - y.domain[0])) * (bottom - top)
  const clip = `frame-${figures++}`
  const layer = svg("g", { "clip-path": `url(#${clip})` })
  const xs = ticksOf(x, Math.max(2, (right - left) / 62))
  const ys = ticksOf(y, Math.max(2, (bottom - top) / 42))
  const root = svg(
    "svg",
    { role: "img", "aria-label": words, viewBox: `0 0 ${width} ${height}`, width, height },
    svg("clipPath", { id: clip }, svg("rect", { x: left, y: top - 4, width: right - left, height: bottom - top + 8 })),
    ...ys.flatMap((tick) => [
      svg("line", { class: "grid", x1: left, x2: right, y1: py(tick), y2: py(tick) }),
      svg(
        "text",
        { class: "tick", x: left - 8, y: py(tick) + 4, "text-anchor": "end" },
        ...raisedSpans(textOf(y, tick, ys)),
      ),
    ]),
    svg("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }),
    ...xs.flatMap((tick) => [
      svg("line", { class: "axis", x1: px(tick), x2: px(tick), y1: bottom, y2: bottom + 5 }),
      svg(
        "text",
        { class: "tick", x: px(tick), y: bottom + 19, "text-anchor": "middle" },
        ...raisedSpans(textOf(x, tick, xs)),
      ),
    ]),
    svg("text", { class: "label", x: 0, y: 14 }, y.label),
    svg("text", { class: "label", x: right, y: height - 4, "text-anchor": "end" }, x.label),
    layer,
  )
  return { root, layer, px, py, top, bottom }
}

/** Ends of a range with a margin, at least `least` apart; a range of nothing is one about zero. */
export const padded = (values: ReadonlyArray<number>, margin: number, least = 0): [number, number] => {
  const finite = values.filter(Number.isFinite)
  if (finite.length === 0) return [0, Math.max(1, least)]
  const [low, high] = [Math.min(...finite) - margin, Math.max(...finite) + margin]
  const more = Math.max(0, least - (high - low)) / 2
  return [low - more, high + more]
}
