import type { Shard } from "./Manifest.ts"
import { type Tokens, tokenArray } from "./TokenBuffer.ts"

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

/** Shards as one array of tokens, read synchronously. The result is a view of the shard where it lies in one, and not to be written to. */
export const readShards = (
  shards: ReadonlyArray<Shard>,
  vocabulary: number,
  repeat: boolean,
  /** The shard with this index. */
  load: (index: number) => Tokens,
): ReadTokens => {
  const ArrayType = tokenArray(vocabulary)
  const starts: Array<number> = []
  let total = 0
  for (const { tokens } of shards) {
    starts.push(total)
    total += tokens
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
