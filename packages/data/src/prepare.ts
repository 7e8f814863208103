import type { CacheEntry, Found } from "./cacheEntry.ts"
import { type DataError, dataError } from "./DataError.ts"
import type { DataSpec } from "./DataSpec.ts"
import type { Manifest } from "./Manifest.ts"
import { type DocumentOrder, type OrderedBlock, START } from "./order.ts"
import { TokenBuffer, type Tokens } from "./TokenBuffer.ts"
import type { TextTokenizer } from "./tokenizer/TextTokenizer.ts"
import { drawValidation } from "./validation.ts"

/** A shard ends at the first end of a block with this many tokens, so that shards do not depend on what was asked when. */
const SHARD_TOKENS = 2 ** 21

/** Text encoded between two breaths, so that interruption and progress are not kept waiting. */
const BREATH_BYTES = 2 ** 19

/** Where prepared tokens go. */
export type Shelf = Omit<CacheEntry, "find">

/** Called with a sentence and, where known, the fraction done. */
export type OnProgress = (message: string, fraction?: number) => void

export interface Preparation {
  readonly spec: DataSpec
  readonly order: DocumentOrder
  readonly entry: Shelf
  /** What the cache has already. */
  readonly found: Found | undefined
  /** Training tokens asked for; a corpus that is shuffled as a whole is prepared entire. */
  readonly tokens: number
  readonly tokenizer: () => Promise<TextTokenizer>
  readonly onProgress: OnProgress
  /** Called when a shard is safe. */
  readonly onShard: () => void
  readonly signal: AbortSignal
}

/** What lies in the cache now. */
export interface Prepared {
  readonly manifest: Manifest
  readonly validation: Tokens
}

const begin = async ({ spec, order, entry, onProgress }: Preparation, tokenizer: TextTokenizer): Promise<Prepared> => {
  onProgress("drawing the validation documents")
  const { tokens, documents } = await drawValidation(order, spec.validation.seed, spec.validation.tokens, tokenizer)
  if (tokenizer.json !== undefined) await entry.writeTokenizer(tokenizer.json)
  const { hash, vocabulary, endOfDocument } = tokenizer
  const manifest: Manifest = {
    version: 1,
    tokenizer: { hash, vocabulary, endOfDocument },
    validation: { ...(await entry.writeValidation(tokens)), documents: [...documents] },
    shards: [],
    complete: false,
  }
  await entry.writeManifest(manifest)
  return { manifest, validation: tokens }
}

const encodeBlock = async (
  { ids, texts }: OrderedBlock,
  heldOut: ReadonlySet<number>,
  tokenizer: TextTokenizer,
  into: TokenBuffer,
  signal: AbortSignal,
): Promise<void> => {
  let sinceBreath = 0
  for (let i = 0; i < texts.length; i++) {
    if (heldOut.has(ids[i]!)) continue
    tokenizer.encode(texts[i]!, into)
    into.push(tokenizer.endOfDocument)
    sinceBreath += texts[i]!.length
    if (sinceBreath < BREATH_BYTES) continue
    await new Promise((resolve) => setTimeout(resolve))
    signal.throwIfAborted()
    sinceBreath = 0
  }
}

const changed = ({ folder }: Shelf, what: string): DataError =>
  dataError(
    "CacheFailed",
    `The ${what} is not the one that "${folder}" was prepared with: restore it, or delete that folder and train afresh.`,
  )

const sumTokens = (manifest: Manifest): number => manifest.shards.reduce((sum, { tokens }) => sum + tokens, 0)

/** Whether the shards hold `tokens` training tokens, or all there are. */
export const suffices = (manifest: Manifest, tokens: number): boolean =>
  manifest.complete || sumTokens(manifest) >= tokens

/** Goes on from what the cache has, a shard at a time; interrupted or killed, the next call goes on from there. */
export const prepare = async (preparation: Preparation): Promise<Prepared> => {
  const { spec, order, entry, found, onProgress, signal } = preparation
  await entry.create()
  const tokenizer = await preparation.tokenizer()
  try {
    if (found !== undefined && tokenizer.hash !== found.manifest.tokenizer.hash) throw changed(entry, "tokenizer")
    if (found !== undefined && tokenizer.json !== undefined && tokenizer.json !== found.tokenizerJson)
      await entry.writeTokenizer(tokenizer.json)
    const { manifest: start, validation } = found ?? (await begin(preparation, tokenizer))
    const heldOut = new Set(start.validation.documents)
    const wanted = order.whole ? Number.POSITIVE_INFINITY : preparation.tokens
    let manifest = start
    const buffer = new TokenBuffer(tokenizer.vocabulary)
    const flush = async (next: OrderedBlock["next"], complete: boolean): Promise<void> => {
      const { shards } = manifest
      const written = buffer.length === 0 ? [] : [{ ...(await entry.writeShard(shards.length, buffer.take())), next }]
      for (const { name, sha256 } of written) {
        const before = found?.damaged.find((shard) => shard.name === name)
        if (before !== undefined && before.sha256 !== sha256) throw changed(entry, "source")
      }
      manifest = { ...manifest, shards: [...shards, ...written], complete }
      await entry.writeManifest(manifest)
      preparation.onShard()
      buffer.clear()
    }
    let at = manifest.shards.at(-1)?.next ?? START
    let done = sumTokens(manifest)
    for await (const block of order.training(spec.seed, at)) {
      const before = buffer.length
      await encodeBlock(block, heldOut, tokenizer, buffer, signal)
      done += buffer.length - before
      at = block.next
      onProgress(`preparing tokens (${done} so far)`, block.done ?? Math.min(1, done / wanted))
      if (buffer.length < SHARD_TOKENS) continue
      await flush(at, false)
      if (done >= wanted) return { manifest, validation }
    }
    await flush(at, true)
    return { manifest, validation }
  } finally {
    tokenizer.release?.()
  }
}
