import { combine } from "./distinct.ts"
import { isNoSetting } from "./no-setting.ts"
import { numberIn } from "./number.ts"
import { snapDistance } from "./snap-rates.ts"
import { type Column, isBlank, type Table } from "./table.ts"

/** A column that no field is read from, and that differs between runs taken for repeats of one setting. */
export interface DifferingColumn {
  readonly column: string
  /** What it holds there, ascending. */
  readonly values: ReadonlyArray<string>
  /** Whether it belongs to the few columns that tell these runs apart; the others go along with them. */
  readonly tells: boolean
}

/** Rows looked at: whole groups of repeats, until there are so many. */
const LOOKED = 20_000

/** Rows that share a reading with another row, group after group. */
const repeatedRows = (reading: Int32Array, count: number): Int32Array => {
  const size = new Int32Array(count)
  for (const k of reading) if (k >= 0) size[k]++
  const taken = new Uint8Array(count)
  let rows = 0
  for (let k = 0; k < count && rows < LOOKED; k++)
    if (size[k] > 1) {
      taken[k] = 1
      rows += size[k]
    }
  const found = new Int32Array(rows)
  let at = 0
  for (let row = 0; row < reading.length; row++) if (reading[row] >= 0 && taken[reading[row]] === 1) found[at++] = row
  return found
}

interface Values {
  readonly texts: ReadonlyArray<string>
  /** Which value each row looked at has; -1 for a blank one. */
  readonly index: Int32Array
}

/** What a column holds: spellings of one number are one value. */
const valuesIn = (column: Column, rows: Int32Array): Values => {
  const known = new Map<string | number, number>()
  const texts: Array<string> = []
  const index = new Int32Array(rows.length).fill(-1)
  rows.forEach((row, i) => {
    const cell = column.at(row)
    if (isBlank(cell)) return
    const text = String(cell).trim()
    const key = numberIn(cell) ?? text
    let k = known.get(key)
    if (k === undefined) {
      k = texts.push(text) - 1
      known.set(key, k)
    }
    index[i] = k
  })
  return { texts, index }
}

const same = (a: string, b: string): boolean => {
  const [x, y] = [numberIn(a), numberIn(b)]
  return x !== undefined && y !== undefined && Math.abs(x - y) <= snapDistance * Math.max(Math.abs(x), Math.abs(y))
}

/** Whether two rows of one group hold different values. A blank cell says nothing. */
const differs = ({ texts, index }: Values, group: Int32Array, groups: number): boolean => {
  const first = new Int32Array(groups).fill(-1)
  return index.some((value, i) => {
    if (value < 0) return false
    const earlier = first[group[i]]
    if (earlier < 0) first[group[i]] = value
    return earlier >= 0 && earlier !== value && !same(texts[earlier], texts[value])
  })
}

/**
 * Finds settings that nobody mapped: columns that differ between rows with equal rate, batch, model, horizon and seed. Such rows are runs of several models
 * or recipes and no repeats.
 *
 * Not counted as settings: columns whose names say who, when, where, how fast or what came out (`isNoSetting`), and columns of which most values occur once
 * among those rows, as measurements, times and names of runs do. Numbers within 0.5 % are equal.
 *
 * @param mapped columns that fields are read from
 * @param reading for each row, the number of its setting and horizon; -1 for rows left out
 */
export const differingColumns = (
  table: Table,
  mapped: ReadonlySet<string>,
  { index: reading, count }: { readonly index: Int32Array; readonly count: number },
): ReadonlyArray<DifferingColumn> => {
  const rows = repeatedRows(reading, count)
  if (rows.length === 0) return []
  let groups = combine(rows.length, [Int32Array.from(rows, (row) => reading[row])])
  const found = [...table.columns].flatMap(([name, column]) => {
    if (mapped.has(name) || isNoSetting(name)) return []
    const values = valuesIn(column, rows)
    const known = values.index.reduce((sum, k) => sum + (k < 0 ? 0 : 1), 0)
    return values.texts.length * 2 <= known && differs(values, groups.index, groups.count) ? [{ name, values }] : []
  })

  // The fewest that tell all apart, near enough: always the one that parts most.
  const tells = new Set<string>()
  let left = found
  while (left.length > 0) {
    const parted = left.map(({ name, values }) => ({
      name,
      ...combine(rows.length, [groups.index, values.index.map((k) => k + 1)]),
    }))
    const best = parted.reduce((a, b) => (b.count > a.count ? b : a))
    tells.add(best.name)
    groups = best
    left = left.filter(({ name, values }) => !tells.has(name) && differs(values, best.index, best.count))
  }
  const ascending = new Intl.Collator("en", { numeric: true }).compare
  return found.map(({ name, values }) => ({
    column: name,
    values: [...values.texts].sort((a, b) => Number(a) - Number(b) || ascending(a, b)),
    tells: tells.has(name),
  }))
}
