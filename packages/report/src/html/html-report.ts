import type { Law, Row } from "@ts/fit"
import { figures } from "../figures/figures.ts"
import { findings } from "../findings/findings.ts"
import { nextRunsFinding } from "../findings/next-runs.ts"
import { predictionFindings } from "../findings/prediction.ts"
import { distinct, sliceText } from "../law-view.ts"
import { conditionsOf, provenanceOf, type ReportOptions } from "../options.ts"
import { tables } from "../tables/tables.ts"
import { definitions } from "./definitions.ts"
import { escapeHtml, rich } from "./escape.ts"
import { figureHtml } from "./figure-html.ts"
import { findingsHtml } from "./findings-html.ts"
import { publishedHtml } from "./published-html.ts"
import { style } from "./style.ts"
import { tableHtml } from "./table-html.ts"

export interface HtmlOptions extends ReportOptions {
  /** When and how it was made, shown at the foot; the caller's, since this function has no clock. */
  readonly made?: string
}

/**
 * A study as one HTML page: findings in words, figures with the tables behind them, conditions, definitions, what was left out and where the
 * numbers come from. Self-contained: no scripts, no fonts, nothing fetched.
 *
 * @param rows the rows that were fitted: for the trunks behind the loss curves, the seeds and the provenance
 */
export const htmlReport = (law: Law, rows: ReadonlyArray<Row>, options: HtmlOptions = {}): string => {
  const title = options.title ?? "Time transfer study"
  const drawn = figures(law, rows)
  const asked = sections(law, options)
  // Published laws take pages: they come after what the study itself says.
  const [first, later] = [asked.filter(({ id }) => id !== "published"), asked.filter(({ id }) => id === "published")]
  const nav = [
    ["findings", "Findings"],
    ...first.map(({ id, title: name }) => [id, name]),
    ["optimum", "eta*(B, T)"],
    ...drawn.map((figure) => [figure.id, figure.title]),
    ...later.map(({ id, title: name }) => [id, name]),
    ["conditions", "Conditions"],
    ["definitions", "Definitions"],
    ["rows", "Rows"],
  ].map(([id, text]) => `<a href="#${id}">${escapeHtml(text)}</a>`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body><main>
<header><h1>${escapeHtml(title)}</h1>
<p class="lead">Learning rate and batch size over the token horizon; ${escapeHtml(sliceText(law))}.</p>
${syntheticBanner(rows, options)}
<nav aria-label="Sections">${nav.join(" ")}</nav></header>
<section id="findings"><h2>Findings</h2>${findingsHtml(findings(law))}</section>
${first.map(sectionHtml).join("\n")}
<section id="optimum"><h2>Optimal learning rate</h2>${tableHtml(tables(law).eta)}${tableHtml(tables(law).bestBatch)}</section>
${drawn.map(figureHtml).join("\n")}
${later.map(sectionHtml).join("\n")}
<section id="conditions"><h2>Conditions</h2>${pairs(studyConditions(law, rows, options))}</section>
<section id="definitions"><h2>What the words mean</h2>${pairs(definitions(law))}</section>
<section id="rows"><h2>Rows left out</h2>${tableHtml(tables(law).dropped)}</section>
<footer>${options.made === undefined ? "" : `<p>${escapeHtml(options.made)}</p>`}<p>Losses in nats per token; batch sizes and horizons in tokens.</p></footer>
</main></body>
</html>
`
}

interface Section {
  readonly id: string
  readonly title: string
  readonly body: string
}

const sectionHtml = ({ id, title, body }: Section): string => `<section id="${id}"><h2>${title}</h2>${body}</section>`

/** What was asked besides: predictions, published laws about the same runs, runs worth training next. */
const sections = (law: Law, options: HtmlOptions): ReadonlyArray<Section> => {
  const { predictions = [], published, questions = [] } = options
  const next = questions.map((question, i) => ({ ...nextRunsFinding(law, question), id: `next-runs-${i}` }))
  return [
    {
      id: "predictions",
      title: "Predictions",
      body: predictions.length === 0 ? "" : findingsHtml(predictionFindings(predictions, options.conditions)),
    },
    {
      id: "published",
      title: "What published laws would say",
      body: published === false ? "" : publishedHtml(law, predictions, published),
    },
    { id: "next-runs", title: "Runs worth training next", body: next.length === 0 ? "" : findingsHtml(next) },
  ].filter(({ body }) => body !== "")
}

const originsOf = (rows: ReadonlyArray<Row>, options: HtmlOptions) => options.provenance ?? provenanceOf(rows)

const syntheticBanner = (rows: ReadonlyArray<Row>, options: HtmlOptions): string => {
  const origins = originsOf(rows, options)
  const some = origins.filter((o) => o.synthetic === true).length
  if (some === 0) return ""
  const which = some === origins.length ? "All losses here" : "Some of the losses here"
  return `<p class="synthetic" role="note">SYNTHETIC: ${which} were drawn from a declared law, not trained.</p>`
}

const pairs = (entries: ReadonlyArray<readonly [string, string]>): string =>
  `<dl class="pairs">${entries.map(([name, text]) => `<dt>${rich(name)}</dt><dd>${rich(text)}</dd>`).join("")}</dl>`

const studyConditions = (
  law: Law,
  rows: ReadonlyArray<Row>,
  options: HtmlOptions,
): ReadonlyArray<readonly [string, string]> => {
  const origins = originsOf(rows, options)
  const named = (pick: (o: (typeof origins)[number]) => string | undefined): string => {
    const values = [...new Set(origins.flatMap((o) => pick(o) ?? []))]
    return values.length === 0 ? "not recorded" : values.join("; ")
  }
  const widths = distinct(rows.map((row) => row.width)).filter((width) => width > 0)
  return [
    ...conditionsOf(law.conditions, options.conditions),
    ["model of these statements", sliceText(law)],
    ["widths measured", widths.length === 0 ? "not recorded" : widths.join(", ")],
    ["seeds", distinct(rows.map((row) => row.seed)).join(", ") || "not recorded"],
    ["trunks", String(new Set(rows.map((row) => row.runId)).size)],
    ["backend", named((o) => o.backend)],
    ["numerics", named((o) => o.numericsId)],
    ["source", named((o) => o.source)],
    [
      "losses",
      origins.some((o) => o.synthetic === true) ? "SYNTHETIC: drawn from a declared law, not trained" : "trained",
    ],
  ]
}
