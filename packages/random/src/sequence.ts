import { requireIndex } from "./RandomError.ts"
import type { Random } from "./random.ts"

/** A reader that walks a `Random` from index to index, for loops (bootstrap, simulation) that need no addresses. */
export interface Sequence {
  /** Index of the number to come; pass it to `sequence` to go on from here later. */
  readonly position: number
  /** Uniform in (0, 1). */
  next(): number
  /** Standard normal. */
  normal(): number
  /** Uniform integer in [0, n). */
  below(n: number): number
}

/** Reads `random` in order, from the index `start` (default 0). Each call moves on by one, whatever its kind. */
export const sequence = (random: Random, start = 0): Sequence => {
  requireIndex("start", start)
  let position = start
  return {
    get position() {
      return position
    },
    next: () => random.uniform(position++),
    normal: () => random.normal(position++),
    below: (n) => random.below(position++, n),
  }
}
