/** Files to take home: the rows as a table or as data, and the report as one page. */
import { type Law, predict, type Row } from "@ts/fit"
import type { Exported, Wanted } from "./messages.ts"

const columns = [
  "runId",
  "seed",
  "tokens",
  "batch",
  "eta",
  "width",
  "size",
  "average",
  "steps",
  "warmupSteps",
  "status",
  "loss",
] as const

/** As `time-transfer fit` reads it; numbers to their last digit. */
const csvOf = (rows: ReadonlyArray<Row>): string =>
  [columns.join(","), ...rows.map((row) => columns.map((name) => String(row[name] ?? "")).join(","))]
    .join("\n")
    .concat("\n")

/** JSON has no NaN, which is the loss of a run that diverged. */
const jsonOf = (rows: ReadonlyArray<Row>): string =>
  `${JSON.stringify(
    rows.map((row) => (Number.isFinite(row.loss) ? row : { ...row, loss: null })),
    null,
    1,
  )}\n`

const reportOf = async (law: Law, rows: ReadonlyArray<Row>, title: string, asked: ReadonlyArray<number>) => {
  const { htmlReport } = await import("./report.ts")
  const predictions = asked.map((tokens) => predict(law, { tokens }))
  return htmlReport(law, rows, { title, predictions, made: "Made in the Time Transfer playground, in a browser." })
}

export const exported = async (
  wanted: Wanted,
  name: string,
  title: string,
  rows: ReadonlyArray<Row>,
  law: Law,
  asked: ReadonlyArray<number>,
): Promise<Exported> => {
  switch (wanted) {
    case "csv":
      return { name: `${name}.csv`, type: "text/csv", text: csvOf(rows) }
    case "json":
      return { name: `${name}.json`, type: "application/json", text: jsonOf(rows) }
    case "report":
      return { name: `${name}.html`, type: "text/html", text: await reportOf(law, rows, title, asked) }
  }
}
