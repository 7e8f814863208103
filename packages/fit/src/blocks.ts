import type { Row } from "./row.ts"
import { shape } from "./skewed.ts"
import type { CellFit, Windowed } from "./windowed.ts"

/** A window with its fit. */
export interface Fitted {
  readonly window: Windowed
  readonly fit: CellFit
}

/** Two cells of a block by position in it, and what their readings share. */
export interface Pair {
  readonly i: number
  readonly j: number
  /** Sum over the trunks read in both of x_i x_j', x = (1, z, shape(z)); 3 x 3, row by row. */
  readonly cross: Float64Array
  /** How many trunks are read in both. */
  readonly shared: number
  /** Sum over them of the two leverages x_i' (X_i' X_i)^-1 x_i + x_j' (X_j' X_j)^-1 x_j. */
  readonly leverage: number
}

/** Cells that have trunks in common, directly or through others. */
export interface TrunkBlock {
  readonly cells: ReadonlyArray<Fitted>
  readonly pairs: ReadonlyArray<Pair>
}

/** Groups fitted windows into blocks that share no trunk. */
export const trunkBlocks = (fitted: ReadonlyArray<Fitted>, rows: ReadonlyArray<Row>): ReadonlyArray<TrunkBlock> => {
  const parent = fitted.map((_, i) => i)
  const root = (i: number): number => {
    let at = i
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]]
      at = parent[at]
    }
    return at
  }
  const owner = new Map<string, number>()
  fitted.forEach(({ window }, i) => {
    for (const r of window.rows) {
      const first = owner.get(rows[r].runId)
      if (first === undefined) owner.set(rows[r].runId, i)
      else parent[root(i)] = root(first)
    }
  })
  const groups = new Map<number, Array<Fitted>>()
  fitted.forEach((item, i) => {
    const group = groups.get(root(i))
    if (group === undefined) groups.set(root(i), [item])
    else group.push(item)
  })
  return [...groups.values()].map((cells) => ({ cells, pairs: pairsOf(cells, rows) }))
}

const pairsOf = (cells: ReadonlyArray<Fitted>, rows: ReadonlyArray<Row>): ReadonlyArray<Pair> => {
  if (cells.length === 1) return []
  const places = cells.map(({ window }) => new Map(window.rows.map((r, k) => [rows[r].runId, k] as const)))
  const designs = cells.map(designOf)
  const leverages = cells.map(leveragesOf)
  const pairs: Array<Pair> = []
  for (let i = 0; i < cells.length; i++)
    for (let j = 0; j < i; j++) {
      const cross = new Float64Array(9)
      let shared = 0
      let leverage = 0
      for (const [trunk, a] of places[i]) {
        const b = places[j].get(trunk)
        if (b === undefined) continue
        shared++
        leverage += leverages[i][a] + leverages[j][b]
        for (let k = 0; k < 3; k++)
          for (let l = 0; l < 3; l++) cross[3 * k + l] += designs[i][3 * a + k] * designs[j][3 * b + l]
      }
      if (shared > 0) pairs.push({ i, j, cross, shared, leverage })
    }
  return pairs
}

const designOf = ({ window, fit }: Fitted): Float64Array => {
  const x = new Float64Array(3 * window.z.length)
  window.z.forEach((z, i) => {
    x[3 * i] = 1
    x[3 * i + 1] = z
    x[3 * i + 2] = shape(z, fit.skew)
  })
  return x
}

const leveragesOf = (item: Fitted): Float64Array => {
  const x = designOf(item)
  const a = item.fit.inverse
  return Float64Array.from({ length: item.window.z.length }, (_, r) => {
    let sum = 0
    for (let k = 0; k < 3; k++) for (let l = 0; l < 3; l++) sum += x[3 * r + k] * a[3 * k + l] * x[3 * r + l]
    return sum
  })
}

/** A M B for 3 x 3 matrices. */
export const sandwich = (a: Float64Array, m: Float64Array, b: Float64Array): Float64Array => {
  const left = product(a, m)
  return product(left, b)
}

const product = (a: Float64Array, b: Float64Array): Float64Array => {
  const c = new Float64Array(9)
  for (let i = 0; i < 3; i++)
    for (let k = 0; k < 3; k++) for (let j = 0; j < 3; j++) c[3 * i + j] += a[3 * i + k] * b[3 * k + j]
  return c
}
