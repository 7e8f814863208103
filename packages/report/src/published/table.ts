import type { PublishedAdvice } from "@ts/fit"
import { type ReportTable, words } from "../tables/table.ts"

/** What laws lack that could not be asked. */
export const silentTable = (silent: ReadonlyArray<PublishedAdvice>): ReportTable => ({
  id: "silent",
  caption: "Laws that could not be asked",
  columns: ["law", "needs", "what it would give"],
  rows: silent.map(({ law, missing }) => [words(law.title), words(missing.join(", ")), words(law.definition)]),
})
