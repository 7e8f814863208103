/** All runs at a glance: a row for each batch, a mark for each rate, filled as far as it is trained. */
import type { RunMark } from "../../engine/messages.ts"
import { raisedSpans } from "../raised.ts"
import { svg } from "./svg.ts"

const CELL = 22

export const runsFigure = (runs: ReadonlyArray<RunMark>, words: string): SVGSVGElement => {
  const rows = [...Map.groupBy(runs, ({ batch }) => batch)].sort(([a], [b]) => b - a)
  const columns = Math.max(...rows.map(([, row]) => row.length))
  const [left, r] = [48, 7]
  const [width, height] = [left + CELL * columns, CELL * rows.length + 20]
  return svg(
    "svg",
    {
      role: "img",
      "aria-label": words,
      viewBox: `0 0 ${width} ${height}`,
      class: "runs",
      style: `max-width:${width}px`,
    },
    ...rows.flatMap(([batch, row], i) => {
      const y = CELL * i + CELL / 2
      return [
        svg(
          "text",
          { class: "tick", x: left - 10, y: y + 4, "text-anchor": "end" },
          ...raisedSpans(`2^${Math.log2(batch)}`),
        ),
        ...[...row]
          .sort((a, b) => a.eta - b.eta)
          .map((run, k) => {
            const x = left + CELL * k + CELL / 2
            const share = Math.min(1, run.tokens / run.until)
            const cross = `M${x - 4} ${y - 4}L${x + 4} ${y + 4}M${x + 4} ${y - 4}L${x - 4} ${y + 4}`
            return svg(
              "g",
              { class: `run ${run.standing}` },
              svg("circle", { class: "ring", cx: x, cy: y, r }),
              run.standing === "diverged" || run.standing === "failed"
                ? svg("path", { class: "cross", d: cross })
                : svg("circle", { class: "fill", cx: x, cy: y, r: r * Math.sqrt(share) }),
            )
          }),
      ]
    }),
    svg("text", { class: "label", x: left - 10, y: height - 4, "text-anchor": "end" }, "batch"),
    svg("text", { class: "label", x: width, y: height - 4, "text-anchor": "end" }, "rate →"),
  )
}
