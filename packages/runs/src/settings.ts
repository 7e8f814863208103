import type { Distinct } from "./distinct.ts"
import { MappingError } from "./errors.ts"
import type { Evaluated } from "./evaluate.ts"
import type { NumberField } from "./mapping.ts"
import { snapDistance } from "./snap-rates.ts"
import { type Cell, isBlank, type Table } from "./table.ts"

/** What is fixed for a whole run. */
export const settingFields = ["eta", "batch", "size", "width", "seed", "warmupSteps", "initialLoss"] as const
export type SettingField = (typeof settingFields)[number]

type Settings = ReadonlyMap<NumberField, Evaluated>

/** Smallest and largest value of each run; NaN where it has none. */
const rangesOf = ({ values, trouble }: Evaluated, runs: Distinct<string>) => {
  const low = new Float64Array(runs.values.length).fill(NaN)
  const high = new Float64Array(runs.values.length).fill(NaN)
  for (let row = 0; row < values.length; row++) {
    if (trouble[row] !== 0 || Number.isNaN(values[row])) continue
    const run = runs.index[row]
    if (!(low[run] <= values[row])) low[run] = values[row]
    if (!(high[run] >= values[row])) high[run] = values[row]
  }
  return { low, high }
}

/** The first of these settings that differs between rows of one run, by run; rates spelled differently do not differ. */
export const varyingSettings = (settings: Settings, runs: Distinct<string>): ReadonlyMap<number, SettingField> => {
  const varying = new Map<number, SettingField>()
  for (const field of ["eta", "batch", "size", "width"] as const) {
    const evaluated = settings.get(field)
    if (evaluated === undefined) continue
    const { low, high } = rangesOf(evaluated, runs)
    for (let run = 0; run < low.length; run++)
      if (high[run] > low[run] * (1 + snapDistance) && !varying.has(run)) varying.set(run, field)
  }
  return varying
}

/** A learning rate that follows its schedule through each run is not the peak that is asked for. */
export const scheduledRate = (eta: string, column: string): MappingError =>
  new MappingError(
    "eta",
    eta,
    `it changes along the runs that "${column}" names, so it is the rate of the moment and not the peak; give the column of the peak, as --eta "config.lr", or name the runs by another column (--run-id).`,
  )

/** Whether some run has one horizon with two rates: then its name names no run. */
export const oneHorizonTwoRates = (eta: Evaluated, tokens: Evaluated, runs: Distinct<string>): boolean => {
  const seen = new Map<string, number>()
  for (let row = 0; row < eta.values.length; row++) {
    const [rate, horizon] = [eta.values[row], tokens.values[row]]
    if (!(rate > 0 && horizon > 0)) continue
    const key = `${runs.index[row]} ${horizon}`
    const earlier = seen.get(key)
    if (earlier === undefined) seen.set(key, rate)
    else if (Math.abs(rate / earlier - 1) > snapDistance) return true
  }
  return false
}

/**
 * A setting that is written in some rows of a run holds for its other rows, as where only the first line of a history carries the
 * configuration. Fills the blank cells of the columns named, where all others of the run agree; `undefined` where there is nothing to fill.
 */
export const fillColumns = (table: Table, names: Iterable<string>, runs: Distinct<string>): Table | undefined => {
  const columns = new Map(table.columns)
  let filled = false
  for (const name of names) {
    const column = table.columns.get(name)
    if (column === undefined) continue
    const said = new Array<Cell>(runs.values.length)
    const several = new Uint8Array(runs.values.length)
    let blanks = false
    for (let row = 0; row < table.rows; row++) {
      const cell = column.at(row)
      const run = runs.index[row]
      if (isBlank(cell)) blanks = true
      else if (said[run] === undefined) said[run] = cell
      else if (said[run] !== cell) several[run] = 1
    }
    if (!blanks) continue
    filled = true
    columns.set(name, {
      length: table.rows,
      at: (row) => {
        const cell = column.at(row)
        const run = runs.index[row]
        return isBlank(cell) && several[run] === 0 ? said[run] : cell
      },
    })
  }
  return filled ? { ...table, columns } : undefined
}
