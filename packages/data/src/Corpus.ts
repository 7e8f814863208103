import type { Shard } from "./Manifest.ts"
import type { ReadTokens } from "./readShards.ts"
import type { Tokens } from "./TokenBuffer.ts"

/** A prepared corpus: one flat array of tokens, documents in shuffled order, each followed by an end-of-document token. */
export interface Corpus {
  /** Hash of the source (revision, files), tokenizer, validation set, order and packing. Equal identity, equal tokens. */
  readonly identity: string
  /** What was read, as plain JSON: the hub's commit and files, the package's version, hashes of local files. */
  readonly source: unknown
  readonly shards: ReadonlyArray<Shard>
  /** Different training tokens that are prepared; `Infinity` for a synthetic source. `repeat` reads them again and again. */
  readonly trainTokens: number
  /** Whether `trainTokens` is all the source has. */
  readonly complete: boolean
  /** Rows of an embedding, padded to a multiple of 16; every id is below it. */
  readonly vocabulary: number
  /** `undefined` for a synthetic source, which has none. */
  readonly endOfDocument: number | undefined
  /**
   * Training tokens `position` to `position + count`, synchronously; sequence i of length S is `read(i * S, S + 1)`, whose
   * last token is only a target. May be a view: do not write to it. Throws a `RangeError` past the end, without `repeat`.
   */
  readonly read: ReadTokens
  /** `validation.tokens + 1` tokens, so that `validation.tokens` are predicted. */
  readonly validation: Tokens
  /** Hash of the validation tokens and the tokenizer: losses compare only where it is equal. The data seed does not change it. */
  readonly evaluationId: string
}
