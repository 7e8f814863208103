import { type Distinct, distinctTexts } from "./distinct.ts"
import { textIn } from "./named-runs.ts"
import type { Fates } from "./summary.ts"
import type { Table } from "./table.ts"

/** How a run ended, in the words of its table. `unfinished` did not get to the end that was planned for it. */
export type Ending = "finished" | "diverged" | "pruned" | "unfinished"

const words: Readonly<Record<Exclude<Ending, "finished">, RegExp>> = {
  diverged: /^(?:diverged|nan|exploded)$/,
  pruned: /^(?:pruned|early[_ ]stopped|stopped)$/,
  unfinished: /^(?:running|waiting|pending|fail|failed|crashed|killed|preempted|preempting|error|oom)$/,
}

/** Reads the states of W&B, Optuna and our own store; anything else, blank too, counts as finished. */
export const endingOf = (text: string): Ending => {
  const word = text.trim().toLowerCase()
  if (words.diverged.test(word)) return "diverged"
  if (words.pruned.test(word)) return "pruned"
  return words.unfinished.test(word) ? "unfinished" : "finished"
}

/** How the run of each row ended; finished where no column says it. */
export const endingsOf = (table: Table, column: string | undefined): ((row: number) => Ending) => {
  if (column === undefined) return () => "finished"
  const { values, index } = distinctTexts(table.rows, (row) => textIn(table, column, row))
  const endings = values.map(endingOf)
  return (row) => endings[index[row]]
}

/** A run that did not get to its end has no loss at its horizon; its earlier readings, if it has more than one, stand. */
export const dropUnfinished = (
  table: Table,
  ending: (row: number) => Ending,
  loss: Float64Array,
  runs: Distinct<string> | undefined,
  fates: Fates,
): void => {
  const readings = new Int32Array(runs?.values.length ?? 0)
  if (runs !== undefined) for (const run of runs.index) readings[run]++
  for (let row = 0; row < table.rows; row++)
    if (
      fates.kept(row) &&
      ending(row) === "unfinished" &&
      Number.isFinite(loss[row]) &&
      !(runs !== undefined && readings[runs.index[row]] > 1)
    )
      fates.drop(row, "its run did not finish, so its horizon is not known")
}
