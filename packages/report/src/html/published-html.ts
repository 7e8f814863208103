import type { Law, PublishedAdvice, PublishedInput } from "@ts/fit"
import type { Finding } from "../findings/finding.ts"
import type { RunPrediction } from "../options.ts"
import { askedAgain, publishedFor } from "../published/advice.ts"
import { askedText, referenceText } from "../published/finding.ts"
import { saysText } from "../published/says.ts"
import { silentTable } from "../published/table.ts"
import { rich } from "./escape.ts"
import { findingsHtml } from "./findings-html.ts"
import { tableHtml } from "./table-html.ts"

/** All published laws about the run of each prediction; empty where there is none. */
export const publishedHtml = (
  law: Law,
  predictions: ReadonlyArray<RunPrediction>,
  known: PublishedInput | undefined,
): string =>
  predictions.flatMap((p, i) => (askedAgain(p, predictions.slice(i + 1)) ? [] : [runHtml(law, p, known, i)])).join("\n")

const runHtml = (law: Law, p: RunPrediction, known: PublishedInput | undefined, index: number): string => {
  const { input, said, silent } = publishedFor(law, p, known)
  const rest =
    silent.length === 0
      ? ""
      : `<details><summary>${silent.length} more that need what is not known here</summary>${tableHtml(silentTable(silent), `silent-${index}`)}</details>`
  return [
    `<h3>${rich(askedText(input))}</h3>`,
    `<p>Each by its own definition and under its own conditions: they need not agree with each other, or with this study. Ranges are those of the published constants alone. ${rich(referenceText(input, said).join(" "))}</p>`,
    said.length === 0 ? "" : findingsHtml(said.map((advice) => findingOf(advice, index))),
    rest,
  ].join("")
}

/** A law in full: what it says, what that is, by which formula, found where and by whom. */
const findingOf = (advice: PublishedAdvice, index: number): Finding => {
  const { law, outside } = advice
  const { citation, conditions } = law
  const found = Object.entries(conditions).map(([name, value]) => `${name}: ${value}`)
  return {
    id: `${law.id}-${index}`,
    label: "published",
    title: law.title,
    state: "noted",
    text: saysText(advice, true),
    notes: [
      `${law.definition} ${law.formula}.`,
      ...law.notes,
      `Found for ${found.join("; ")}.${outside.map((sentence) => ` Here ${sentence}`).join("")}`,
      `${citation.authors} ${citation.year}, ${citation.title}${citation.arxiv === undefined ? "" : `, arXiv ${citation.arxiv}`}.`,
    ],
  }
}
