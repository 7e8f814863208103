import { combine, distinctNumbers } from "./distinct.ts"
import type { Fates } from "./summary.ts"

export interface Repeats {
  /** For each row, how many readings of the same run and horizon (of the same setting where runs have no names) came before it. */
  readonly repeat: Int32Array
  /** For each row, its run's number among the runs with which it shares setting and horizons, from 0; the same all along a run. */
  readonly ordinal: Int32Array
  /** Runs among the rows kept. */
  readonly runs: number
  /** Of these, runs that are read more than once. */
  readonly trunks: number
  /** Settings that more than one run shares. */
  readonly repeated: number
}

/** Columns of places, as `combine` takes them. */
export interface Keys {
  /** What makes a setting: rate, batch, size, width, and the seed where it is known. */
  readonly setting: ReadonlyArray<Int32Array>
  /** Horizon and average. */
  readonly reading: ReadonlyArray<Int32Array>
  /** The run, where runs have names. */
  readonly run: Int32Array | undefined
}

/**
 * Drops rows that repeat an earlier one in everything, the loss too, and counts the others: equal settings with another loss are repeats.
 * A second reading of one run at one horizon, with another loss, counts as a repeat too: names are shared more often than runs are read twice.
 */
export const countRepeats = (loss: Float64Array, keys: Keys, fates: Fates): Repeats => {
  const rows = loss.length
  const setting = combine(rows, keys.setting)
  const readings = combine(rows, [setting.index, ...keys.reading, ...(keys.run === undefined ? [] : [keys.run])])
  const size = new Int32Array(readings.count)
  for (const k of readings.index) if (k >= 0) size[k]++
  const { index: lossOf } = distinctNumbers(loss, (row) => fates.kept(row) && size[readings.index[row]] > 1)
  const exact = combine(rows, [readings.index, lossOf])
  const seen = new Uint8Array(exact.count)
  const before = new Int32Array(readings.count)
  const repeat = new Int32Array(rows).fill(-1)
  for (let row = 0; row < rows; row++) {
    if (!fates.kept(row)) continue
    const same = exact.index[row]
    if (same >= 0 && seen[same] === 1) {
      fates.drop(row, "duplicate of an earlier row")
      continue
    }
    if (same >= 0) seen[same] = 1
    repeat[row] = before[readings.index[row]]++
  }

  // Where runs have no names, every reading is a run of its own.
  const cell = combine(rows, [setting.index, ...keys.reading])
  const named = combine(rows, [
    keys.run === undefined ? cell.index : combine(rows, [setting.index, keys.run]).index,
    repeat,
  ])
  const rowsOf = new Map<number, Array<number>>()
  for (let row = 0; row < rows; row++) {
    const run = named.index[row]
    if (run < 0) continue
    const list = rowsOf.get(run)
    if (list === undefined) rowsOf.set(run, [row])
    else list.push(row)
  }
  const next = new Int32Array(cell.count)
  const ordinal = new Int32Array(rows)
  const shared = new Set<number>()
  let trunks = 0
  for (const list of rowsOf.values()) {
    let number = 0
    for (const row of list) number = Math.max(number, next[cell.index[row]])
    for (const row of list) {
      ordinal[row] = number
      next[cell.index[row]] = number + 1
    }
    if (number > 0) shared.add(setting.index[list[0]])
    if (list.length > 1) trunks++
  }
  return { repeat, ordinal, runs: rowsOf.size, trunks, repeated: shared.size }
}
