import { permutation, random } from "@ts/random"
import { BLOCK_DOCUMENTS, blocks } from "./blocks.ts"
import { type DocumentFile, inflation } from "./source/Documents.ts"

/** Up to this much text is shuffled as a whole; more is shuffled file by file in blocks, without holding it in memory. */
export const WHOLE_SHUFFLE_BYTES = 2 ** 27

/** Where reading goes on: the file's place in the order, and the document in that file. */
export interface Cursor {
  readonly file: number
  readonly document: number
}

export const START: Cursor = { file: 0, document: 0 }

/** Documents in the order they are read, each with a number that names it whatever the order. */
export interface OrderedBlock {
  readonly ids: ReadonlyArray<number>
  readonly texts: ReadonlyArray<string>
  /** Where the block after this one starts. */
  readonly next: Cursor
  /** How much of the corpus ends with this block, where that is known. */
  readonly done?: number
}

/** The two orders of a source's documents. Each depends on its seed alone, never on how much is read. */
export interface DocumentOrder {
  readonly training: (seed: number, from: Cursor) => AsyncIterable<OrderedBlock>
  /** Disjoint blocks in random order, from which validation documents are drawn. */
  readonly drawing: (seed: number) => AsyncIterable<OrderedBlock>
  /** Whether reading everything costs no more than reading a part. */
  readonly whole: boolean
}

const pick = (texts: ReadonlyArray<string>, order: Uint32Array, first: number, next: Cursor): OrderedBlock => ({
  ids: Array.from(order, (at) => first + at),
  texts: Array.from(order, (at) => texts[at]!),
  next,
})

/** All documents in memory, shuffled as one. */
const wholeOrder = (files: ReadonlyArray<DocumentFile>): DocumentOrder => {
  let loaded: Promise<ReadonlyArray<string>> | undefined
  const load = async (): Promise<ReadonlyArray<string>> => {
    const texts: Array<string> = []
    for (const file of files) for await (const batch of file.documents()) for (const text of batch) texts.push(text)
    return texts
  }
  const all = (): Promise<ReadonlyArray<string>> => (loaded ??= load())
  return {
    whole: true,
    training: async function* (seed, from) {
      const texts = await all()
      const order = permutation(random(seed, "data/order"), texts.length)
      for (let start = from.document; start < order.length; start += BLOCK_DOCUMENTS) {
        const part = order.subarray(start, start + BLOCK_DOCUMENTS)
        const end = start + part.length
        yield { ...pick(texts, part, 0, { file: 0, document: end }), done: end / order.length }
      }
    },
    drawing: async function* (seed) {
      const texts = await all()
      yield pick(texts, permutation(random(seed, "data/validation"), texts.length), 0, START)
    },
  }
}

/** Ids of documents in different files stay apart. */
const FILE_STRIDE = 2 ** 32

/** Files in random order, and within each file blocks of neighbouring documents, each shuffled. */
const blockOrder = (files: ReadonlyArray<DocumentFile>): DocumentOrder => {
  const walk = async function* (seed: number, name: string, from: Cursor): AsyncIterable<OrderedBlock> {
    const order = permutation(random(seed, `data/${name}`), files.length)
    for (let place = from.file; place < order.length; place++) {
      const file = order[place]!
      const start = place === from.file ? from.document : 0
      for await (const { first, texts, last } of blocks(files[file]!.documents(), start)) {
        const shuffle = permutation(random(seed, `data/${name}/${file}/${first}`), texts.length)
        const next = last ? { file: place + 1, document: 0 } : { file: place, document: first + texts.length }
        yield pick(texts, shuffle, file * FILE_STRIDE + first, next)
      }
    }
  }
  return {
    whole: false,
    training: (seed, from) => walk(seed, "order", from),
    drawing: (seed) => walk(seed, "validation", START),
  }
}

/** The orders of the documents in `files`. */
export const orderDocuments = (files: ReadonlyArray<DocumentFile>, wholeBytes = WHOLE_SHUFFLE_BYTES): DocumentOrder => {
  const text = files.reduce((sum, { name, bytes }) => sum + bytes * inflation(name), 0)
  return text <= wholeBytes ? wholeOrder(files) : blockOrder(files)
}
