/** A block is full at this many documents ... */
export const BLOCK_DOCUMENTS = 8192
/** ... or at this many bytes of text, whichever comes first. */
export const BLOCK_BYTES = 2 ** 24

/** Neighbouring documents of a file. */
export interface Block {
  /** The first one's number in the file. */
  readonly first: number
  readonly texts: ReadonlyArray<string>
  /** Whether the file ends with it. */
  readonly last: boolean
}

/**
 * Cuts a file's documents into blocks, from the document `from` on, which must be where a block starts. Where a block
 * ends depends on the documents in it alone.
 */
export async function* blocks(documents: AsyncIterable<ReadonlyArray<string>>, from: number): AsyncIterable<Block> {
  let number = 0
  let texts: Array<string> = []
  let bytes = 0
  for await (const batch of documents)
    for (const text of batch) {
      if (number >= from) {
        // A full block waits for the next document, to know whether it is the last.
        if (texts.length === BLOCK_DOCUMENTS || bytes >= BLOCK_BYTES) {
          yield { first: number - texts.length, texts, last: false }
          texts = []
          bytes = 0
        }
        texts.push(text)
        bytes += Buffer.byteLength(text)
      }
      number++
    }
  if (texts.length > 0) yield { first: number - texts.length, texts, last: true }
}
