/**
 * A law from runs that somebody else trained: a CSV in, optima with their doubt out.
 *
 *     node --conditions=@ts/source main.ts
 *
 * The table (see README.md) has 25 AdamW runs of a 130M-parameter model. Most cells vary the learning rate too little to have an
 * optimum, and say so. On the shell:
 *
 *     time-transfer fit runs.csv --seq-len seq_len
 */
import { readFileSync } from "node:fs"
import { fitLaw, isEstimate } from "@ts/fit"
import { describe, parseRuns, rowsFromTable } from "@ts/runs"

const bytes = readFileSync(new URL("runs.csv", import.meta.url))
const table = await parseRuns({ name: "runs.csv", bytes })

// What a mapping leaves out is guessed from the columns' names. Whether batch_size counts sequences or tokens, no name can say.
const { rows, summary } = rowsFromTable(table, { seqLen: "seq_len" })
for (const line of describe(summary)) console.log(line)

const law = fitLaw(rows)
for (const { batch, tokens, eta } of law.cells) {
  const found = isEstimate(eta) ? `eta* = ${eta.value.toPrecision(3)}` : `not identified: ${eta.message}`
  console.log(`batch ${batch}, ${tokens} tokens: ${found}`)
}
