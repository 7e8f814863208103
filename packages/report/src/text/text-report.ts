import type { Law } from "@ts/fit"
import { findings } from "../findings/findings.ts"
import { nextRunsFinding } from "../findings/next-runs.ts"
import { sliceText } from "../law-view.ts"
import { conditionsOf, type ReportOptions } from "../options.ts"
import { etaGrid } from "./eta-grid.ts"
import { findingLines } from "./finding-lines.ts"
import { entry, wrap } from "./layout.ts"
import { type Paint, paintFor } from "./paint.ts"
import { predictionLines } from "./prediction-lines.ts"

export interface TextOptions extends ReportOptions {
  /** ANSI colours. Default false; the caller knows the terminal and NO_COLOR. */
  readonly color?: boolean
  /** Characters per line. Default 100, at least 60. */
  readonly width?: number
}

/**
 * A law for the terminal: the table of eta*(B, T) with standard errors, what was found and what was not, and predictions. What is not
 * identified is a word and a footnote, or a bound written as one, never a number. Of the notes to a finding only the first is given; the page
 * has all. Ends with a newline.
 */
export const textReport = (law: Law, options: TextOptions = {}): string => {
  const width = Math.max(60, options.width ?? 100)
  const paint = paintFor(options.color ?? false)
  const lines = [
    ...heading(law, options, width, paint),
    "",
    ...grid(law, width, paint),
    "",
    ...findings(law).flatMap((finding) => findingLines({ ...finding, notes: finding.notes.slice(0, 1) }, width, paint)),
    ...predictionLines(law, options, { width, paint, stated: true }),
    ...(options.questions ?? []).flatMap((question) => findingLines(nextRunsFinding(law, question), width, paint)),
  ]
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`
}

const heading = (law: Law, options: TextOptions, width: number, paint: Paint): ReadonlyArray<string> => {
  const label = { label: paint.label, body: (text: string) => text }
  const origins = options.provenance ?? []
  const backends = [
    ...new Set(origins.map((o) => [o.backend, o.numericsId, o.source].filter((part) => part !== undefined).join(", "))),
  ].filter((text) => text !== "" && text !== options.title)
  const conditions = conditionsOf(law.conditions, options.conditions)
  return [
    ...(options.title === undefined ? [] : entry("study", options.title, width, label)),
    ...(origins.some((o) => o.synthetic === true)
      ? entry("SYNTHETIC", "these losses were drawn from a declared law, not trained", width, {
          label: paint.warning,
          body: paint.warning,
        })
      : []),
    ...entry("model", sliceText(law), width, label),
    ...(conditions.length === 0
      ? []
      : entry("conditions", conditions.map(([k, v]) => `${k}: ${v}`).join(" · "), width, label)),
    ...(backends.length === 0 ? [] : entry("measured by", backends.join("; "), width, label)),
  ]
}

const grid = (law: Law, width: number, paint: Paint): ReadonlyArray<string> => {
  const { blocks, footnotes } = etaGrid(law, width - 2)
  const title = entry("eta*(B, T)", "log2, standard error in the last digit; B and T in tokens", width, {
    label: paint.label,
    body: (text) => text,
  })
  if (blocks.length === 0) return [...title, "  no rows, so nothing is measured"]
  return [
    ...title,
    ...blocks.flatMap((block, b) => [
      ...(b === 0 ? [] : [""]),
      ...block.map((line, i) => `  ${i === 0 ? paint.faint(line) : line}`),
    ]),
    ...footnotes.flatMap((note) =>
      wrap(note, width - 4).map((line, i) => paint.faint(`  ${i === 0 ? "" : "  "}${line}`)),
    ),
  ]
}
