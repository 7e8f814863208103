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
  const cell = combine(rows, [setting.index, ...keys.reading])
  // Settings are the same all along a run, or not known in some of its rows.
  const readings = keys.run === undefined ? cell : combine(rows, [keys.run, ...keys.reading])
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
  const named = combine(rows, [keys.run ?? cell.index, repeat])
  const { start, sorted } = grouped(named.index, named.count)
  const next = new Int32Array(cell.count)
  const ordinal = new Int32Array(rows)
  const shared = new Set<number>()
  let runs = 0
  let trunks = 0
  for (let run = 0; run < named.count; run++) {
    const [from, to] = [start[run], start[run + 1]]
    if (from === to) continue
    runs++
    if (to - from > 1) trunks++
    let number = 0
    for (let i = from; i < to; i++) number = Math.max(number, next[cell.index[sorted[i]]])
    for (let i = from; i < to; i++) {
      ordinal[sorted[i]] = number
      next[cell.index[sorted[i]]] = number + 1
    }
    if (number > 0) shared.add(setting.index[sorted[from]])
  }
  return { repeat, ordinal, runs, trunks, repeated: shared.size }
}

/** The rows of each group, one group after the other: group g is `sorted[start[g]]` up to `sorted[start[g + 1]]`. */
const grouped = (index: Int32Array, count: number) => {
  const start = new Int32Array(count + 1)
  for (const k of index) if (k >= 0) start[k + 1]++
  for (let k = 0; k < count; k++) start[k + 1] += start[k]
  const at = start.slice()
  const sorted = new Int32Array(start[count])
  for (let row = 0; row < index.length; row++) if (index[row] >= 0) sorted[at[index[row]]++] = row
  return { start, sorted }
}
