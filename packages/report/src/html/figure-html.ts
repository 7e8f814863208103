import type { Figure, LegendEntry } from "../figures/figure.ts"
import { escapeHtml, rich } from "./escape.ts"
import { tableHtml } from "./table-html.ts"

const glyphs: Readonly<Record<LegendEntry["symbol"], (color: string) => string>> = {
  circle: (c) => `<circle cx="7" cy="6" r="4" fill="${c}"/>`,
  square: (c) => `<rect x="3.5" y="2.5" width="7" height="7" fill="${c}"/>`,
  diamond: (c) => `<path d="M7 .8 10.6 6 7 11.2 3.4 6Z" fill="${c}"/>`,
  triangle: (c) => `<path d="M7 1.2 12 10.2H2Z" fill="${c}"/>`,
  ring: (c) => `<circle cx="7" cy="6" r="3.6" fill="none" stroke="${c}" stroke-width="1.6"/>`,
  cross: (c) => `<path d="M3.5 2.5l7 7M10.5 2.5l-7 7" fill="none" stroke="${c}" stroke-width="1.6"/>`,
}

const legendHtml = (entries: ReadonlyArray<LegendEntry>): string =>
  entries.length === 0
    ? ""
    : `<ul class="legend">${entries
        .map(
          (e) =>
            `<li><svg viewBox="0 0 14 12" aria-hidden="true">${glyphs[e.symbol](escapeHtml(e.color))}</svg>${escapeHtml(e.label)}</li>`,
        )
        .join("")}</ul>`

/** A figure with its legend, caption and the tables behind it. */
export const figureHtml = (figure: Figure): string => {
  const body =
    figure.panels.length > 0
      ? `${legendHtml(figure.legend)}<div class="panels">${figure.panels.join("")}</div>`
      : `<p class="empty">${rich(figure.empty ?? "Nothing to draw.")}</p>`
  const tables = figure.tables.map((table) => tableHtml(table, `${figure.id}-${table.id}`)).join("")
  return `<section id="${figure.id}"><h2>${escapeHtml(figure.title)}</h2><figure>${body}<figcaption>${rich(figure.caption)}</figcaption></figure><details><summary>The numbers behind it</summary>${tables}</details></section>`
}
