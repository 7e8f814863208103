import { hash64, philox4x32, random } from "@ts/random"
import type { SyntheticSource } from "./DataSpec.ts"
import type { ReadTokens } from "./readShards.ts"
import { tokenArray } from "./TokenBuffer.ts"

/** The chain starts afresh this often, so that any position is reached in few steps. */
export const SYNTHETIC_DOCUMENT = 1024

/** Probability of each rank: Zipf's law, `p(k) ~ 1 / (k + 1)`. */
const rankProbabilities = (vocabulary: number): Float64Array => {
  const weights = Float64Array.from({ length: vocabulary }, (_, rank) => 1 / (rank + 1))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}

/**
 * Entropy rate of the source in nats per token, exactly: the lowest loss a model can reach, but for the first `order`
 * tokens of each document. The same for every order and seed, since each past only permutes the ranks.
 */
export const syntheticEntropy = (vocabulary: number): number =>
  rankProbabilities(vocabulary).reduce((sum, p) => sum - p * Math.log(p), 0)

const coprime = (a: number, b: number): boolean => (b === 0 ? a === 1 : coprime(b, a % b))

/**
 * An infinite Markov source of order `order`. The last `order` tokens decide a permutation of the vocabulary, an affine
 * map made by hashing them with `source.seed`; the next token is that permutation of a rank drawn from Zipf's law. The
 * draw is counter-based: `read` gives the same tokens at a position whatever was read before.
 */
export const syntheticReader = (source: SyntheticSource, seed: number, stream: string): ReadTokens => {
  const { vocabulary, order } = source
  const ArrayType = tokenArray(vocabulary)
  const cumulative = rankProbabilities(vocabulary)
  for (let rank = 1; rank < vocabulary; rank++) cumulative[rank] = cumulative[rank]! + cumulative[rank - 1]!
  const draws = random(seed, `data/synthetic/${stream}`)
  const law = hash64(`data/synthetic/law/${source.seed}`)
  const multipliers = Array.from({ length: vocabulary }, (_, m) => m).filter((m) => coprime(m, vocabulary))

  const rankOf = (u: number): number => {
    let low = 0
    let high = vocabulary - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (u < cumulative[middle]!) high = middle
      else low = middle + 1
    }
    return low
  }

  const words = new Uint32Array(4)
  const permute = (state: ReadonlyArray<number>, rank: number): number => {
    // The past, absorbed two tokens at a time (all of it, for order 1 or 2, in one call).
    let high = order
    for (let i = 0; i < order; i += 2) {
      philox4x32(state[i]!, state[i + 1] ?? vocabulary, high, i, law.low, law.high, words)
      high = words[2]!
    }
    const multiplier = multipliers[words[0]! % multipliers.length]!
    return (multiplier * rank + words[1]!) % vocabulary
  }

  const document = new ArrayType(SYNTHETIC_DOCUMENT)
  let current = -1
  const generate = (index: number): void => {
    const first = index * SYNTHETIC_DOCUMENT
    // Before the first token lies a past that no token spells.
    const state: Array<number> = new Array(order).fill(vocabulary)
    for (let i = 0; i < SYNTHETIC_DOCUMENT; i++) {
      const token = permute(state, rankOf(draws.uniform(first + i)))
      document[i] = token
      state.shift()
      state.push(token)
    }
    current = index
  }

  return (position, count) => {
    const tokens = new ArrayType(count)
    for (let filled = 0; filled < count; ) {
      const index = Math.floor((position + filled) / SYNTHETIC_DOCUMENT)
      if (index !== current) generate(index)
      const offset = position + filled - index * SYNTHETIC_DOCUMENT
      const part = document.subarray(offset, offset + count - filled)
      tokens.set(part, filled)
      filled += part.length
    }
    return tokens
  }
}
