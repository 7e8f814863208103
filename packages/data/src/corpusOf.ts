import { canonicalHash } from "@ts/backend"
import { Effect } from "effect"
import type { Corpus } from "./Corpus.ts"
import { DataError } from "./DataError.ts"
import type { DataSpec, Need } from "./DataSpec.ts"
import type { Prepared } from "./prepare.ts"
import type { ReadTokens } from "./readShards.ts"
import { sha256 } from "./sha256.ts"
import { bytesOf } from "./TokenBuffer.ts"

/** A change to blocks, orders, packing or file layout makes prepared tokens another corpus: count it here. */
const FORMAT = 1

/** Names what is prepared of a source. */
export const keyOf = (source: unknown, { seed, validation, tokenizer }: DataSpec): string =>
  canonicalHash({ format: FORMAT, source, tokenizer, validation, seed })

/** Fails where the horizon, and the one target after it, is more than there is. */
const checkLength = (have: number, need: Need, repeat: boolean): Effect.Effect<void, DataError> => {
  const tokens = repeat ? need.seqLen + 1 : need.tokens + 1
  if (have >= tokens) return Effect.void
  const remedy = repeat
    ? `fewer than one sequence of ${need.seqLen} and its target: add text`
    : `but the horizon of ${need.tokens} needs ${tokens}: shorten it, add text, or set repeat: true to read the corpus again`
  return Effect.fail(
    new DataError({
      reason: "CorpusTooShort",
      message: `The corpus has ${have} training tokens, ${remedy}.`,
      retryable: false,
      have,
      need: tokens,
    }),
  )
}

export interface Parts {
  readonly key: string
  /** What was read, as plain JSON. */
  readonly source: unknown
  readonly prepared: Prepared
  readonly read: ReadTokens
}

/** What is prepared as a corpus; fails where it is too short. */
export const corpusOf = Effect.fnUntraced(function* (
  { key, source, prepared, read }: Parts,
  need: Need,
  repeat: boolean,
): Effect.fn.Return<Corpus, DataError> {
  const { manifest, validation } = prepared
  const { vocabulary, endOfDocument, hash } = manifest.tokenizer
  const trainTokens = manifest.shards.reduce((sum, { tokens }) => sum + tokens, 0)
  yield* checkLength(trainTokens, need, repeat)
  return {
    identity: canonicalHash({ key, tokenizer: hash }),
    source,
    shards: manifest.shards.map(({ name, sha256, tokens }) => ({ name, sha256, tokens })),
    trainTokens,
    complete: manifest.complete,
    vocabulary,
    endOfDocument,
    read,
    validation,
    evaluationId: sha256(`${hash}/`, bytesOf(validation)),
  }
})
