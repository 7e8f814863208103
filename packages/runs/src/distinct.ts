/** Values that occur, ascending where they are numbers, and which of them each row has; -1 for rows left out. */
export interface Distinct<A> {
  readonly values: ReadonlyArray<A>
  readonly index: Int32Array
}

/** The different numbers among the rows kept, ascending; NaN is one of them, the last. */
export const distinctNumbers = (numbers: Float64Array, kept: (row: number) => boolean): Distinct<number> => {
  const index = new Int32Array(numbers.length).fill(-1)
  const first = new Map<number, number>()
  for (let row = 0; row < numbers.length; row++) {
    if (!kept(row)) continue
    let k = first.get(numbers[row])
    if (k === undefined) {
      k = first.size
      first.set(numbers[row], k)
    }
    index[row] = k
  }
  // A typed array sorts numbers natively, NaN last.
  const sorted = Float64Array.from(first.keys()).sort()
  const rank = new Int32Array(sorted.length)
  for (let r = 0; r < sorted.length; r++) rank[first.get(sorted[r])!] = r
  for (let row = 0; row < index.length; row++) if (index[row] >= 0) index[row] = rank[index[row]]
  return { values: Array.from(sorted), index }
}

/** The different texts, in order of appearance. */
export const distinctTexts = (rows: number, text: (row: number) => string): Distinct<string> => {
  const index = new Int32Array(rows)
  const first = new Map<string, number>()
  for (let row = 0; row < rows; row++) {
    const value = text(row)
    let k = first.get(value)
    if (k === undefined) {
      k = first.size
      first.set(value, k)
    }
    index[row] = k
  }
  return { values: [...first.keys()], index }
}

/** Up to this many combinations are looked up in a table, which is several times faster than a map. */
const TABLE = 2 ** 24

/** Numbers keys from 0 in order of appearance. */
const numbering = (keys: number): { readonly of: (key: number) => number; readonly count: () => number } => {
  let count = 0
  if (keys <= TABLE) {
    const known = new Int32Array(keys).fill(-1)
    return {
      of: (key) => {
        if (known[key] < 0) known[key] = count++
        return known[key]
      },
      count: () => count,
    }
  }
  const known = new Map<number, number>()
  return {
    of: (key) => {
      let k = known.get(key)
      if (k === undefined) {
        k = count++
        known.set(key, k)
      }
      return k
    },
    count: () => count,
  }
}

/** One number for each combination that occurs, from 0 in order of appearance; rows that any part leaves out are left out. */
export const combine = (
  rows: number,
  parts: ReadonlyArray<Int32Array>,
): { readonly index: Int32Array; readonly count: number } => {
  const index = new Int32Array(rows)
  let count = rows === 0 ? 0 : 1
  for (const part of parts) {
    let width = 0
    for (let row = 0; row < rows; row++) if (part[row] >= width) width = part[row] + 1
    const numbers = numbering(count * width)
    for (let row = 0; row < rows; row++)
      index[row] = index[row] < 0 || part[row] < 0 ? -1 : numbers.of(index[row] * width + part[row])
    count = numbers.count()
  }
  return { index, count }
}
