import type { ReportTable } from "../tables/table.ts"

export interface LegendEntry {
  readonly label: string
  readonly color: string
  readonly symbol: "circle" | "square" | "diamond" | "triangle" | "cross" | "ring"
}

/** A figure: static SVG, what it shows in words, and the figures behind it. */
export interface Figure {
  readonly id: string
  readonly title: string
  /** One or two sentences for everybody. */
  readonly caption: string
  /** Panels, each an `<svg role="img">`; empty where there is nothing to draw, and then `empty` says why. */
  readonly panels: ReadonlyArray<string>
  readonly empty?: string
  readonly legend: ReadonlyArray<LegendEntry>
  readonly tables: ReadonlyArray<ReportTable>
}
