import type { TokenBuffer } from "../TokenBuffer.ts"

/** Text to token ids. */
export interface TextTokenizer {
  /** Of everything that decides the ids. */
  readonly hash: string
  /** Rows of an embedding for it: one more than the largest id, padded to a multiple of 16 for the kernels. */
  readonly vocabulary: number
  /** The token that follows each document. */
  readonly endOfDocument: number
  /** Appends the ids of `text`, without the end of the document. */
  readonly encode: (text: string, into: TokenBuffer) => void
  /** Its `tokenizer.json`, where it was made from the corpus. */
  readonly json?: string
  readonly release?: () => void
}

/** The next multiple of 16. */
export const padVocabulary = (vocabulary: number): number => Math.ceil(vocabulary / 16) * 16
