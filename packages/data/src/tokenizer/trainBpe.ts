import { MergeQueue } from "./MergeQueue.ts"
import { forEachWord } from "./words.ts"

/** The first ids are the bytes themselves. */
export const BYTES = 256
/** Then the end of a document; merged tokens follow. */
export const END_OF_DOCUMENT = 256

/** Two tokens that become one, in the order they were learned. */
export interface Merge {
  readonly left: number
  readonly right: number
  readonly result: number
}

interface Word {
  symbols: ReadonlyArray<number>
  readonly count: number
}

/** A pair of ids below 65536 as one number. */
export const pairKey = (left: number, right: number): number => left * 2 ** 16 + right

const mergeIn = (symbols: ReadonlyArray<number>, { left, right, result }: Merge): Array<number> => {
  const merged: Array<number> = []
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      merged.push(result)
      i++
    } else merged.push(symbols[i]!)
  }
  return merged
}

/**
 * Byte-pair encoding (Sennrich et al. 2016, over bytes as in GPT-2): the most frequent pair of neighbours within words
 * becomes a token, until the vocabulary is full or no pair occurs twice. Ties go to the smaller left id, then the smaller
 * right id, so that equal text gives equal merges. A merge that spells an existing token reuses its id.
 */
export const trainBpe = (texts: Iterable<string>, vocabulary: number): ReadonlyArray<Merge> => {
  const counts = new Map<string, number>()
  for (const text of texts) forEachWord(text, (word) => void counts.set(word, (counts.get(word) ?? 0) + 1))
  const encoder = new TextEncoder()
  const words: Array<Word> = []
  for (const [word, count] of counts) words.push({ symbols: Array.from(encoder.encode(word)), count })

  const pairCounts = new Map<number, number>()
  const pairWords = new Map<number, Set<number>>()
  const changed = new Set<number>()
  const tally = (index: number, sign: 1 | -1): void => {
    const { symbols, count } = words[index]!
    for (let i = 0; i + 1 < symbols.length; i++) {
      const key = pairKey(symbols[i]!, symbols[i + 1]!)
      pairCounts.set(key, (pairCounts.get(key) ?? 0) + sign * count)
      changed.add(key)
      if (sign === -1) continue
      const holders = pairWords.get(key)
      if (holders === undefined) pairWords.set(key, new Set([index]))
      else holders.add(index)
    }
  }
  const queue = new MergeQueue()
  const enqueueChanged = (): void => {
    for (const key of changed) {
      const count = pairCounts.get(key)!
      if (count >= 2) queue.push(count, key)
    }
    changed.clear()
  }
  for (let index = 0; index < words.length; index++) tally(index, 1)
  enqueueChanged()

  const spelling = new Map<string, number>()
  const spellings: Array<string> = []
  for (let byte = 0; byte < BYTES; byte++) {
    spellings.push(String.fromCharCode(byte))
    spelling.set(spellings[byte]!, byte)
  }
  spellings.push("") // the end of a document spells nothing

  const merges: Array<Merge> = []
  while (spellings.length < vocabulary) {
    const best = queue.pop((key) => pairCounts.get(key)!)
    if (best === undefined) break
    const left = Math.floor(best / 2 ** 16)
    const right = best % 2 ** 16
    const spelled = spellings[left]! + spellings[right]!
    const known = spelling.get(spelled)
    const result = known ?? spellings.length
    if (known === undefined) {
      spelling.set(spelled, result)
      spellings.push(spelled)
    }
    const merge = { left, right, result }
    merges.push(merge)
    for (const index of pairWords.get(best)!) {
      const merged = mergeIn(words[index]!.symbols, merge)
      if (merged.length === words[index]!.symbols.length) continue // the pair had left this word before
      tally(index, -1)
      words[index]!.symbols = merged
      tally(index, 1)
    }
    pairWords.delete(best)
    enqueueChanged()
  }
  return merges
}
