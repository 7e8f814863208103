import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Shard } from "./Manifest.ts"
import { type Tokens, tokenArray, tokensOf } from "./TokenBuffer.ts"

/** Shards kept in memory, in bytes: a corpus may be larger than memory, a run reads it in order. */
const KEPT_BYTES = 2 ** 26

/** Reads a range of a shard sequence by position. */
export type ReadTokens = (position: number, count: number) => Tokens

/** Index of the last start that is at or before `position`. */
const shardAt = (starts: ReadonlyArray<number>, position: number): number => {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= position) low = middle
    else high = middle - 1
  }
  return low
}

/**
 * The shards of `folder` as one array of tokens. Synchronous: a shard is loaded whole when first needed and the least
 * recently used are let go. The result is a view of the shard where it lies in one, and not to be written to.
 */
export const shardReader = (
  folder: string,
  shards: ReadonlyArray<Shard>,
  vocabulary: number,
  repeat: boolean,
  keptBytes = KEPT_BYTES,
): ReadTokens => {
  const ArrayType = tokenArray(vocabulary)
  const starts: Array<number> = []
  let total = 0
  for (const { tokens } of shards) {
    starts.push(total)
    total += tokens
  }
  // A Map keeps the order of insertion: the first key is the one used longest ago.
  const kept = new Map<number, Tokens>()
  let bytes = 0
  const load = (index: number): Tokens => {
    const known = kept.get(index)
    if (known !== undefined) {
      kept.delete(index)
      kept.set(index, known)
      return known
    }
    const loaded = tokensOf(readFileSync(join(folder, shards[index]!.name)), vocabulary)
    kept.set(index, loaded)
    bytes += loaded.byteLength
    for (const [oldest, tokens] of kept) {
      if (bytes <= keptBytes || oldest === index) break
      kept.delete(oldest)
      bytes -= tokens.byteLength
    }
    return loaded
  }

  return (position, count) => {
    if (!(Number.isSafeInteger(position) && position >= 0 && Number.isSafeInteger(count) && count >= 0))
      throw new RangeError(`cannot read ${count} tokens at ${position}: both must be whole numbers, 0 or more`)
    if (!repeat && position + count > total)
      throw new RangeError(
        `cannot read tokens ${position} to ${position + count} of a corpus of ${total}: open it for a longer horizon`,
      )
    let at = repeat ? position % total : position
    const first = shardAt(starts, at)
    if (count === 0) return new ArrayType(0)
    if (at + count <= starts[first]! + shards[first]!.tokens) {
      const offset = at - starts[first]!
      return load(first).subarray(offset, offset + count)
    }
    const joined = new ArrayType(count)
    for (let filled = 0; filled < count; at %= total) {
      const index = shardAt(starts, at)
      const part = load(index).subarray(at - starts[index]!, at - starts[index]! + count - filled)
      joined.set(part, filled)
      filled += part.length
      at += part.length
    }
    return joined
  }
}
