/** Critical batches against the horizon, with their power laws. */
import type { LawView } from "../../analyst/view.ts"
import type { Truth } from "../../studies/Preset.ts"
import { frame, padded } from "./frame.ts"
import { area, mark, path, svg } from "./svg.ts"

const looks = {
  overhead: { color: "var(--second)", symbol: "circle" },
  peak: { color: "var(--third)", symbol: "square" },
}

/** A bound that lies further than this from every batch, octaves, says nothing to whoever looks, and would press the rest together. */
const NEAR = 3

export const criticalFigure = (
  law: LawView,
  asked: number | undefined,
  truth: Truth | undefined,
  width: number,
): SVGSVGElement => {
  const horizons = law.horizons.map(Math.log2)
  const x: [number, number] = [horizons[0]! - 0.5, horizons[horizons.length - 1]! + 2]
  const batches = law.batches.map(Math.log2)
  const [least, most] = [Math.min(...batches) - NEAR, Math.max(...batches) + NEAR]
  const tracks = law.tracks.map((track) => ({
    ...track,
    bounds: track.bounds.filter((bound) => bound.y >= least && bound.y <= most),
  }))
  const y = padded(
    tracks.flatMap(({ bars, bounds, band }) => [
      ...bars.flatMap((bar) => [Math.max(bar.low, bar.y - 2), Math.min(bar.high, bar.y + 2)]),
      ...bounds.map((bound) => bound.y),
      ...band.map((point) => point.y),
    ]),
    0.7,
    3,
  )
  const { root, layer, px, py, top, bottom } = frame(
    width,
    Math.max(260, Math.min(340, 0.42 * width)),
    { label: "horizon T, tokens", domain: x, scale: "octaves" },
    { label: "batch, tokens", domain: y, scale: "octaves" },
    law.tracks.map(({ name, text }) => `${name}: ${text}`).join(" "),
  )
  if (truth !== undefined) {
    const ends: ReadonlyArray<number> = x
    const points = ends.map((octave) => [px(octave), py(Math.log2(truth.peakBatch(2 ** octave)))] as const)
    layer.append(svg("path", { class: "truth", d: path(points) }))
  }
  tracks.forEach(({ id, bars, bounds, band }, i) => {
    const { color, symbol } = looks[id]
    // Two tracks at one horizon would hide each other.
    const at = (octave: number) => px(octave) + (i === 0 ? -4 : 4)
    layer.append(
      svg("path", {
        class: "band",
        fill: color,
        d: area(
          band.map((p) => [px(p.x), py(p.high)]),
          band.map((p) => [px(p.x), py(p.low)]),
        ),
      }),
      svg("path", { class: "curve", stroke: color, d: path(band.map((p) => [px(p.x), py(p.y)])) }),
      ...bars.flatMap((bar) => [
        svg("line", {
          class: "whisker",
          stroke: color,
          x1: at(bar.x),
          x2: at(bar.x),
          y1: py(bar.low),
          y2: py(bar.high),
        }),
        mark(symbol, at(bar.x), py(bar.y), 4, { class: "dot", fill: color }),
      ]),
      ...bounds.map((bound) =>
        svg(
          "text",
          { class: "bound", x: at(bound.x), y: py(bound.y) + 4, "text-anchor": "middle", style: `fill:${color}` },
          bound.arrow,
        ),
      ),
    )
  })
  if (asked !== undefined && asked <= 2 ** x[1])
    layer.append(
      svg("line", { class: "here", x1: px(Math.log2(asked)), x2: px(Math.log2(asked)), y1: top, y2: bottom }),
    )
  return root
}

export const criticalLooks = looks
