import { streamKey } from "./hash64.ts"
import { philox4x32 } from "./philox.ts"
import { RandomError, requireIndex } from "./RandomError.ts"

/**
 * A stream of random numbers that is a pure function of `(seed, stream, index)`: any number can be read at any time, in
 * any order, on any worker. The four kinds of number do not share bits, so `uniform(3)` says nothing about `normal(3)`.
 *
 * `u32`, `uniform` and `below` are integer arithmetic and thus identical everywhere. `normal` goes through `Math.log`,
 * `Math.cos` and `Math.sin`, which a JavaScript engine may round differently in the last bit: the same on every machine
 * under one engine (V8 ships its own), equal to about 1e-15 between engines.
 */
export interface Random {
  readonly seed: number
  readonly stream: string
  /** A uniform integer in [0, 2^32). */
  u32(index: number): number
  /** A uniform number in the open interval (0, 1): an odd multiple of 2^-53, symmetric about 1/2. */
  uniform(index: number): number
  /** A standard normal number, |z| < 8.6 (Box and Muller 1958, in float64 from two uniforms). */
  normal(index: number): number
  /** A uniform integer in [0, n), exactly (by rejection), 1 <= n <= 2^53 - 1. */
  below(index: number, n: number): number
  /** The stream named `<this stream>/<name>` of the same seed: `random(7, "a").split("b")` is `random(7, "a/b")`. */
  split(name: string): Random
  /** `out[i] = std * normal(offset + i)`, rounded to the array's precision. */
  fillNormal(out: Float32Array | Float64Array, std: number, offset?: number): void
}

// Third word of the counter: keeps the kinds of numbers apart.
const U32 = 0
const UNIFORM = 1
const NORMAL = 2
const BELOW = 3

/** 52 bits of two words, centred in their cell: never 0, never 1. */
const open01 = (high: number, low: number): number => ((high >>> 6) * 2 ** 26 + (low >>> 6) + 0.5) * 2 ** -52

/** The random stream `stream` of `seed` (any safe integer). */
export const random = (seed: number, stream: string): Random => {
  if (!Number.isSafeInteger(seed)) throw new RandomError("seed", seed, "an integer within +-(2^53 - 1)")
  const key = streamKey(seed, stream)
  const words = new Uint32Array(4)

  const draw = (kind: number, block: number, attempt: number): void =>
    philox4x32(block >>> 0, Math.floor(block / 2 ** 32), kind, attempt, key.low, key.high, words)

  // The last block is kept, so that reading in order costs one Philox call per four words.
  let lastKind = -1
  let lastBlock = -1
  const recall = (kind: number, block: number): void => {
    if (kind === lastKind && block === lastBlock) return
    draw(kind, block, 0)
    lastKind = kind
    lastBlock = block
  }

  const normal = (index: number): number => {
    requireIndex("index", index)
    recall(NORMAL, Math.floor(index / 2))
    const radius = Math.sqrt(-2 * Math.log(open01(words[0]!, words[1]!)))
    const angle = 2 * Math.PI * open01(words[2]!, words[3]!)
    return radius * (index % 2 === 0 ? Math.cos(angle) : Math.sin(angle))
  }

  return {
    seed,
    stream,
    u32: (index) => {
      requireIndex("index", index)
      recall(U32, Math.floor(index / 4))
      return words[index % 4]!
    },
    uniform: (index) => {
      requireIndex("index", index)
      recall(UNIFORM, Math.floor(index / 2))
      return index % 2 === 0 ? open01(words[0]!, words[1]!) : open01(words[2]!, words[3]!)
    },
    normal,
    below: (index, n) => {
      requireIndex("index", index)
      if (!(Number.isSafeInteger(n) && n >= 1)) throw new RandomError("n", n, "an integer from 1 to 2^53 - 1")
      const accepted = 2 ** 53 - (2 ** 53 % n)
      lastKind = -1
      for (let attempt = 0; ; attempt++) {
        draw(BELOW, index, attempt)
        const first = (words[0]! >>> 5) * 2 ** 26 + (words[1]! >>> 6)
        if (first < accepted) return first % n
        const second = (words[2]! >>> 5) * 2 ** 26 + (words[3]! >>> 6)
        if (second < accepted) return second % n
      }
    },
    split: (name) => random(seed, `${stream}/${name}`),
    fillNormal: (out, std, offset = 0) => {
      requireIndex("offset", offset)
      if (!(std >= 0 && std < Number.POSITIVE_INFINITY)) throw new RandomError("std", std, "a finite number, 0 or more")
      if (out.length === 0) return
      requireIndex("offset + out.length", offset + out.length)
      const head = offset % 2 // an odd offset starts with the second number of a pair
      if (head === 1) out[0] = std * normal(offset)
      lastKind = -1
      let block = (offset + head) / 2
      let i = head
      for (; i + 1 < out.length; i += 2, block++) {
        draw(NORMAL, block, 0)
        const radius = Math.sqrt(-2 * Math.log(open01(words[0]!, words[1]!)))
        const angle = 2 * Math.PI * open01(words[2]!, words[3]!)
        out[i] = std * (radius * Math.cos(angle))
        out[i + 1] = std * (radius * Math.sin(angle))
      }
      if (i < out.length) out[i] = std * normal(offset + i)
    },
  }
}
