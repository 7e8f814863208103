import type { Row } from "@ts/fit"
import type { Distinct } from "./distinct.ts"
import type { Evaluations } from "./readings.ts"
import type { Repeats } from "./repeats.ts"
import type { Ending } from "./status.ts"
import type { Fates } from "./summary.ts"
import { placeOf, type Table } from "./table.ts"

/** Everything that is known of the rows, by columns. */
export interface Known {
  readonly table: Table
  readonly all: Evaluations
  readonly runs: Distinct<string> | undefined
  readonly averages: Distinct<string>
  readonly ending: (row: number) => Ending
  readonly repeats: Repeats
  readonly fates: Fates
}

type Mutable<A> = { -readonly [K in keyof A]: A[K] }

/** The rows that are kept, as objects: the only place where there is one for each. */
export const buildRows = ({ table, all, runs, averages, ending, repeats, fates }: Known) => {
  const rows: Array<Row> = []
  const origins: Array<number> = []
  const provenance = { source: table.name }
  const [eta, batch, tokens, loss] = (["eta", "batch", "tokens", "loss"] as const).map(
    (field) => all.get(field)!.values,
  )
  const given = (field: "seed" | "width" | "size" | "steps" | "warmupSteps" | "initialLoss", row: number) => {
    const evaluated = all.get(field)
    return evaluated === undefined || evaluated.trouble[row] !== 0 ? undefined : evaluated.values[row]
  }
  for (let row = 0; row < table.rows; row++) {
    if (!fates.kept(row)) continue
    const name = runs === undefined ? `${table.unit} ${placeOf(table, row)}` : runs.values[runs.index[row]]
    const repeat = runs === undefined ? 0 : repeats.repeat[row]
    const end = ending(row)
    const read: Mutable<Row> = {
      runId: repeat === 0 ? name : `${name} (${repeat + 1})`,
      seed: given("seed", row) ?? (all.has("seed") ? 0 : repeats.ordinal[row]),
      tokens: tokens[row],
      batch: batch[row],
      eta: eta[row],
      width: given("width", row) ?? 0,
      average: averages.values[averages.index[row]],
      loss: loss[row],
      status: end === "unfinished" ? "finished" : end,
      provenance,
    }
    for (const field of ["steps", "warmupSteps", "size", "initialLoss"] as const) {
      const value = given(field, row)
      if (value !== undefined) read[field] = value
    }
    rows.push(read)
    origins.push(row)
  }
  return { rows, origins }
}
