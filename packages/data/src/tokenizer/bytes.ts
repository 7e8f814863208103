import { sha256 } from "../sha256.ts"
import { padVocabulary, type TextTokenizer } from "./TextTokenizer.ts"

const END_OF_DOCUMENT = 256

/** UTF-8 bytes as tokens 0..255, and 256 for the end of a document; a vocabulary of 257 padded to 272. */
export const bytesTokenizer = (): TextTokenizer => {
  const encoder = new TextEncoder()
  let scratch = new Uint8Array(2 ** 16)
  return {
    hash: sha256("bytes/1"),
    vocabulary: padVocabulary(END_OF_DOCUMENT + 1),
    endOfDocument: END_OF_DOCUMENT,
    encode: (text, into) => {
      // A UTF-16 unit takes at most three bytes of UTF-8.
      if (scratch.length < text.length * 3) scratch = new Uint8Array(text.length * 3)
      into.append(scratch.subarray(0, encoder.encodeInto(text, scratch).written))
    },
  }
}
