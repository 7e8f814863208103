import { type Distinct, distinctTexts } from "./distinct.ts"
import type { Evaluated } from "./evaluate.ts"
import { showProduct } from "./expression.ts"
import type { Evaluations } from "./readings.ts"
import type { Resolved } from "./resolve.ts"
import { oneHorizonTwoRates, scheduledRate, varyingSettings } from "./settings.ts"
import type { Fates } from "./summary.ts"
import type { Table } from "./table.ts"

export const textIn = (table: Table, name: string, row: number): string =>
  String(table.columns.get(name)?.at(row) ?? "").trim()

/** The runs by name, if anything names them; a row without a name is a run of its own. */
const namedRuns = (table: Table, column: string | undefined): Distinct<string> | undefined =>
  column === undefined ? undefined : distinctTexts(table.rows, (row) => textIn(table, column, row) || `row ${row}`)

/** Runs that share a name and differ in their seed are different runs. */
const apartBySeed = (runs: Distinct<string>, seed: Evaluated | undefined): Distinct<string> => {
  if (seed === undefined) return runs
  const first = new Float64Array(runs.values.length).fill(NaN)
  const several = new Uint8Array(runs.values.length)
  for (let row = 0; row < runs.index.length; row++) {
    const run = runs.index[row]
    if (Number.isNaN(seed.values[row])) continue
    if (Number.isNaN(first[run])) first[run] = seed.values[row]
    else if (first[run] !== seed.values[row]) several[run] = 1
  }
  if (!several.includes(1)) return runs
  return distinctTexts(runs.index.length, (row) => {
    const run = runs.index[row]
    return several[run] === 1 && !Number.isNaN(seed.values[row])
      ? `${runs.values[run]}, seed ${seed.values[row]}`
      : runs.values[run]
  })
}

interface RunsCheck {
  readonly runs: Distinct<string> | undefined
  readonly notes: ReadonlyArray<string>
}

/** Makes sure that settings are the same along each run; else the name names no run, or the rate is a scheduled one. */
export const checkRuns = (resolved: Resolved, all: Evaluations, fates: Fates): RunsCheck => {
  const { table, texts, guesses, products } = resolved
  const column = texts.get("runId")
  const named = namedRuns(table, column)
  if (named === undefined || column === undefined) return { runs: undefined, notes: [] }
  const runs = apartBySeed(named, all.get("seed"))
  const varying = varyingSettings(all, runs)
  if (varying.size === 0) return { runs, notes: [] }
  const [eta, tokens, product] = [all.get("eta"), all.get("tokens"), products.get("eta")]
  const mixed = eta === undefined || tokens === undefined || oneHorizonTwoRates(eta, tokens, runs)
  if (
    guesses.some(({ field }) => field === "runId") &&
    (mixed || [...varying.values()].some((field) => field !== "eta"))
  )
    return {
      runs: undefined,
      notes: [
        `"${column}" names no runs, since settings differ under one name; every reading is taken for a run of its own (--run-id)`,
      ],
    }
  if (
    product !== undefined &&
    !mixed &&
    [...varying.values()].filter((field) => field === "eta").length > runs.values.length / 2
  )
    throw scheduledRate(showProduct(product), column)
  for (let row = 0; row < table.rows; row++) {
    const field = varying.get(runs.index[row])
    if (field !== undefined) fates.drop(row, `${field} differs between rows of its run`)
  }
  return { runs, notes: [] }
}
