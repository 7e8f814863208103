import { RandomError } from "./RandomError.ts"
import type { Random } from "./random.ts"

/**
 * A uniform random order of 0..n-1 (Fisher and Yates, in Durstenfeld's form), n <= 2^32. Uses `below` at the indices
 * 1..n-1 of the stream, so give each permutation a stream of its own.
 */
export const permutation = (random: Random, n: number): Uint32Array => {
  if (!(Number.isSafeInteger(n) && n >= 0 && n <= 2 ** 32)) throw new RandomError("n", n, "an integer from 0 to 2^32")
  const order = new Uint32Array(n)
  for (let i = 0; i < n; i++) order[i] = i
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i, i + 1)
    const moved = order[i]!
    order[i] = order[j]!
    order[j] = moved
  }
  return order
}
