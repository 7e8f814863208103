import type { PublishedAdvice } from "@ts/fit"
import { type ReportTable, words } from "../tables/table.ts"
import type { PublishedBlock } from "./advice.ts"
import { saysText } from "./says.ts"

const sourceOf = ({ law: { citation } }: PublishedAdvice): string =>
  `${citation.authors} ${citation.year}${citation.arxiv === undefined ? "" : `, arXiv ${citation.arxiv}`}`

const conditionsOf = ({ law }: PublishedAdvice): string =>
  Object.entries(law.conditions)
    .map(([name, value]) => `${name}: ${value}`)
    .join("; ")

/** Everything that published laws say of a run, with what they mean by it. */
export const publishedTable = ({ said }: PublishedBlock, id: string): ReportTable => ({
  id,
  caption: "Published laws; ranges are those of the published constants alone",
  columns: ["law", "says", "what that is", "formula", "found for", "outside of it", "source"],
  rows: said.map((advice) => [
    words(advice.law.title),
    words(saysText(advice, true)),
    words(advice.law.definition),
    words(advice.law.formula),
    words(conditionsOf(advice)),
    words(advice.outside.length === 0 ? "no" : advice.outside.join(" ")),
    words(sourceOf(advice)),
  ]),
})

/** What the other laws lack. */
export const silentTable = ({ silent }: PublishedBlock, id: string): ReportTable => ({
  id,
  caption: "Laws that could not be asked",
  columns: ["law", "needs", "what it would give"],
  rows: silent.map((advice) => [
    words(advice.law.title),
    words(advice.missing.join(", ")),
    words(advice.law.definition),
  ]),
})
