import { sha256 } from "../sha256.ts"
import { padVocabulary, type TextTokenizer } from "./TextTokenizer.ts"
import { mergesFromJson, toTokenizerJson } from "./tokenizerJson.ts"
import { END_OF_DOCUMENT, type Merge, pairKey, trainBpe } from "./trainBpe.ts"
import { forEachWord } from "./words.ts"

/** Words remembered with their ids; above this the memory starts afresh. */
const REMEMBERED_WORDS = 2 ** 18

const encodeWord = (
  symbols: Array<number>,
  ranks: Map<number, number>,
  merges: ReadonlyArray<Merge>,
): Array<number> => {
  for (;;) {
    let rank = Number.POSITIVE_INFINITY
    let at = -1
    for (let i = 0; i + 1 < symbols.length; i++) {
      const found = ranks.get(pairKey(symbols[i]!, symbols[i + 1]!))
      if (found !== undefined && found < rank) {
        rank = found
        at = i
      }
    }
    if (at === -1) return symbols
    symbols.splice(at, 2, merges[rank]!.result)
  }
}

/** The hash of the tokenizer whose `tokenizer.json` is `json`. */
export const bpeHash = (json: string, vocabulary: number): string => sha256(`bpe/1/${vocabulary}/`, json)

/**
 * A byte-level BPE of `vocabulary` tokens: ids 0..255 are the bytes, 256 the end of a document, then the merges. Where
 * the sample has too few merges the last ids stay unused.
 */
const bpeTokenizer = (merges: ReadonlyArray<Merge>, vocabulary: number): TextTokenizer => {
  const ranks = new Map(merges.map(({ left, right }, rank) => [pairKey(left, right), rank]))
  const encoder = new TextEncoder()
  const remembered = new Map<string, ReadonlyArray<number>>()
  const idsOf = (word: string): ReadonlyArray<number> => {
    const known = remembered.get(word)
    if (known !== undefined) return known
    const ids = encodeWord(Array.from(encoder.encode(word)), ranks, merges)
    if (remembered.size >= REMEMBERED_WORDS) remembered.clear()
    remembered.set(word, ids)
    return ids
  }
  const json = toTokenizerJson(merges)
  return {
    hash: bpeHash(json, vocabulary),
    vocabulary: padVocabulary(vocabulary),
    endOfDocument: END_OF_DOCUMENT,
    encode: (text, into) =>
      forEachWord(text, (word) => {
        const ids = idsOf(word)
        for (let i = 0; i < ids.length; i++) into.push(ids[i]!)
      }),
    json,
  }
}

/** Learned from `texts`. */
export const learnBpe = (texts: Iterable<string>, vocabulary: number): TextTokenizer =>
  bpeTokenizer(trainBpe(texts, vocabulary), vocabulary)

/** Read back from the `json` of a learned one. */
export const readBpe = (json: string, vocabulary: number): TextTokenizer =>
  bpeTokenizer(mergesFromJson(json), vocabulary)
