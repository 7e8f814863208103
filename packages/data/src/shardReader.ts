import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Shard } from "./Manifest.ts"
import { type ReadTokens, readShards } from "./readShards.ts"
import { type Tokens, tokensOf } from "./TokenBuffer.ts"

/** Shards kept in memory, in bytes: a corpus may be larger than memory, a run reads it in order. */
const KEPT_BYTES = 2 ** 26

/**
 * The shards of `folder` as one array of tokens. Synchronous: a shard is loaded whole when first needed and the least
 * recently used are let go.
 */
export const shardReader = (
  folder: string,
  shards: ReadonlyArray<Shard>,
  vocabulary: number,
  repeat: boolean,
  keptBytes = KEPT_BYTES,
): ReadTokens => {
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
  return readShards(shards, vocabulary, repeat, load)
}
