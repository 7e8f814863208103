import * as Plot from "@observablehq/plot"
import { parseHTML } from "linkedom"

/** Plot's options, with the text alternative that every figure must have. */
export type PanelOptions = Omit<Plot.PlotOptions, "document" | "className"> & { readonly ariaLabel: string }

const geometry = /\s(d|transform|x|x1|x2|y|y1|y2|cx|cy|r|width|height|points)="([^"]*)"/g

/** Half a unit in the second decimal is invisible; the digits after it are half of the file. */
const rounded = (svg: string): string =>
  svg.replace(geometry, (_, name: string, value: string) => {
    const short = value.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (x) => String(Math.round(Number(x) * 100) / 100))
    return ` ${name}="${short}"`
  })

/** Renders one panel to static SVG, without a browser. */
export const renderSvg = (options: PanelOptions): string => {
  const { document } = parseHTML("<!doctype html><html><body></body></html>")
  const svg = Plot.plot({
    ...options,
    document: document as unknown as Document,
    className: "plot",
    style: { fontSize: "11px", overflow: "visible" },
  })
  svg.setAttribute("role", "img")
  svg.setAttribute("aria-label", options.ariaLabel)
  // One style sheet serves all panels; see the page.
  for (const style of [...svg.querySelectorAll("style")]) style.remove()
  return rounded(svg.outerHTML)
}
