import { DataError, dataError } from "./DataError.ts"
import type { DocumentOrder } from "./order.ts"
import { TokenBuffer, type Tokens } from "./TokenBuffer.ts"
import type { TextTokenizer } from "./tokenizer/TextTokenizer.ts"

/** How much text a tokenizer is learned from. */
export const SAMPLE_BYTES = 2 ** 23

/**
 * Text to learn a tokenizer from: the last half of the first block of the drawing order, so that it depends on the
 * validation seed, not on the data seed, and shares no document with the validation set.
 */
export const sampleTexts = async (
  order: DocumentOrder,
  seed: number,
  sampleBytes = SAMPLE_BYTES,
): Promise<ReadonlyArray<string>> => {
  const sample: Array<string> = []
  let bytes = 0
  for await (const { texts } of order.drawing(seed)) {
    for (let i = texts.length - 1; i >= Math.floor(texts.length / 2) && bytes < sampleBytes; i--) {
      sample.push(texts[i]!)
      bytes += Buffer.byteLength(texts[i]!)
    }
    break
  }
  return sample
}

/** The validation tokens, and the documents that training must not see. */
export interface Validation {
  readonly tokens: Tokens
  readonly documents: ReadonlySet<number>
}

/**
 * Documents drawn in the order of `seed`, from the first half of each block, until `count` tokens can be predicted: the
 * array holds `count + 1`, and its last document may be cut.
 */
export const drawValidation = async (
  order: DocumentOrder,
  seed: number,
  count: number,
  tokenizer: TextTokenizer,
): Promise<Validation> => {
  const tokens = new TokenBuffer(tokenizer.vocabulary)
  const documents = new Set<number>()
  let seen = 0
  for await (const { ids, texts } of order.drawing(seed)) {
    seen += texts.length
    for (let i = 0; i < Math.floor(texts.length / 2); i++) {
      documents.add(ids[i]!)
      tokenizer.encode(texts[i]!, tokens)
      tokens.push(tokenizer.endOfDocument)
      if (tokens.length > count) return { tokens: tokens.take(count + 1), documents }
    }
  }
  if (seen === 0)
    throw dataError("EmptyCorpus", "The corpus has no text: check the files and, for lines, what `after` asks for.")
  if (seen === 1)
    throw dataError(
      "CorpusTooShort",
      "The corpus is a single document, so that none is left for validation: cut it into several, or read it by lines.",
    )
  throw new DataError({
    reason: "CorpusTooShort",
    message: `Half of the corpus gives ${tokens.length} validation tokens, fewer than validation.tokens = ${count} and one more: ask for fewer, or add text.`,
    retryable: false,
    have: tokens.length,
    need: count + 1,
  })
}
