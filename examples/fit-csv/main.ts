/**
 * A law from runs that somebody else trained: a CSV in, optima with their doubt out.
 *
 *     node --conditions=@ts/source main.ts
 *
 * The table (see README.md) has 25 AdamW runs of a 130M-parameter model. Most cells vary the learning rate too little to have an
 * optimum, and say so. On the shell:
 *
 *     time-transfer fit runs.csv --eta lr --batch "batch_size * seq_len" --tokens tokens --loss loss
 */
import { readFileSync } from "node:fs"
import { fitLaw, isEstimate, rowsFromTable } from "@ts/fit"
import { parse } from "csv-parse/sync"

const text = readFileSync(new URL("runs.csv", import.meta.url))
const records: ReadonlyArray<Record<string, string>> = parse(text, { columns: true })
const table = Object.fromEntries(
  Object.keys(records[0] ?? {}).map((name) => [name, records.map((record) => record[name])]),
)

const { rows, diverged, summary } = rowsFromTable(table, {
  eta: "lr",
  batch: "batch_size * seq_len", // sequences to tokens
  tokens: "tokens",
  loss: "loss",
})
console.log(`${summary.used} of ${summary.rows} rows used; diverged: lines ${diverged.map((k) => k + 2).join(", ")}`)

const law = fitLaw(rows)
for (const { batch, tokens, eta } of law.cells) {
  const found = isEstimate(eta) ? `eta* = ${eta.value.toPrecision(3)}` : `not identified: ${eta.message}`
  console.log(`batch ${batch}, ${tokens} tokens: ${found}`)
}
