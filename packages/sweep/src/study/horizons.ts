/** The horizons of a trunk: the same for all cells of a grid, or following some of their fields. */
import { Predicate } from "effect"
import type { Cell } from "./cells.ts"
import { enumerate, pathOf } from "./enumerate.ts"
import { once } from "./identity.ts"
import { valueAt } from "./loose.ts"
import { checkRule, readsOf, ruleOf } from "./rules.ts"

/** Fields that any rule within reads; undefined where a function may read all of them. */
const reads = (node: unknown): ReadonlyArray<string> | undefined => {
  if (typeof node === "function") return undefined
  const rule = ruleOf(node)
  if (rule !== undefined) return checkRule(...rule) === undefined ? readsOf(...rule) : []
  if (!Array.isArray(node) && !Predicate.isObject(node)) return []
  const inner = Object.values(node).map(reads)
  return inner.includes(undefined) ? undefined : (inner as ReadonlyArray<ReadonlyArray<string>>).flat()
}

/** Of each cell, as one array for all cells that have the same. */
export const horizonReader = (horizon: unknown): ((cell: Cell) => ReadonlyArray<unknown>) => {
  const read = (cell: Cell): ReadonlyArray<unknown> => {
    const found: Array<unknown> = []
    enumerate({ ...cell, horizon }, (whole) => void found.push(whole["horizon"]))
    return found
  }
  const names = reads(horizon)
  if (names === undefined) return read
  if (names.length === 0) {
    const all = once((_: "all") => {
      const found: Array<unknown> = []
      enumerate({ horizon }, (whole) => void found.push(whole["horizon"]))
      return found
    })
    return () => all("all")
  }
  const known = new Map<string, ReadonlyArray<unknown>>()
  return (cell) => {
    const key = JSON.stringify(names.map((name) => valueAt(cell, pathOf(name).split("."))))
    const found = known.get(key) ?? read(cell)
    known.set(key, found)
    return found
  }
}
