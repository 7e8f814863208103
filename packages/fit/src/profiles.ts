import type { Slice } from "./law.ts"
import type { Row } from "./row.ts"
import { validateRows } from "./validate.ts"

/** Fewer optimiser steps than this after warmup, and warmup and transients rule the optimum. */
export const fewestSteps = 64

/** The rows of one loss profile: one slice, batch and horizon; rates and seeds vary. */
export interface Profile extends Slice {
  readonly batch: number
  readonly tokens: number
  /** Fewest steps after warmup; absent where rows carry no steps. */
  readonly stepsAfterWarmup?: number
  /** False: fewer than 64 steps after warmup. */
  readonly measured: boolean
  /** Positions among the rows given. */
  readonly rows: ReadonlyArray<number>
}

/**
 * Groups rows by (width, size, average, batch, tokens), sorted in that order.
 *
 * @throws InvalidRowError
 */
export const profiles = (rows: ReadonlyArray<Row>): ReadonlyArray<Profile> => {
  validateRows(rows)
  const groups = new Map<string, Array<number>>()
  rows.forEach((row, i) => {
    const key = `${row.width} ${row.size ?? 0} ${row.batch} ${row.tokens} ${row.average}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [i])
    else group.push(i)
  })
  const result = [...groups.values()].map((members): Profile => {
    const { width, average, batch, tokens, size } = rows[members[0]]
    let fewest = Infinity
    for (const i of members) {
      const { steps, warmupSteps, status } = rows[i]
      // A diverged run may have stopped early; it says nothing about how many steps this cell has.
      if (steps !== undefined && status !== "diverged") fewest = Math.min(fewest, steps - (warmupSteps ?? 0))
    }
    return {
      width,
      size: size ?? 0,
      average,
      batch,
      tokens,
      ...(fewest < Infinity ? { stepsAfterWarmup: fewest } : {}),
      measured: fewest >= fewestSteps,
      rows: members,
    }
  })
  return result.sort(
    (a, b) =>
      a.width - b.width ||
      a.size - b.size ||
      (a.average < b.average ? -1 : a.average > b.average ? 1 : 0) ||
      a.batch - b.batch ||
      a.tokens - b.tokens,
  )
}
