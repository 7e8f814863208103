import { describe, parseRuns, rowsFromTable } from "@ts/runs"
import history from "../../../packages/runs/fixtures/history.parquet"
import { known } from "../known.ts"

const csv = `exp_name;lr;batch_tokens;D;loss
a;0.001;65536;1000000;3.25
b;0.002;65536;1000000;3.125
c;0.004;65536;1000000;nan
`

export default async () => {
  // Written by DuckDB with ZSTD; the formula is that of packages/runs/fixtures/make_parquet.mjs.
  const { rows, summary } = rowsFromTable(await parseRuns({ name: "history.parquet", bytes: history }))
  known("the number of readings", rows.length, 12, 0)
  for (const { eta, steps, loss } of rows)
    known(`the loss at ${eta} after ${steps}`, loss, 2 + 10 / (1 + steps!) + 0.01 * (1000 * eta - 1), 1e-14)
  const text = await parseRuns({ name: "runs.csv", bytes: new TextEncoder().encode(csv) })
  const table = rowsFromTable(text)
  known("the second loss", table.rows[1]!.loss, 3.125, 0)
  return { rows, told: describe(summary), table }
}
