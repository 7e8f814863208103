import { describe, expect, it } from "vitest"
import { BLOCK_BYTES, BLOCK_DOCUMENTS, type Block, blocks } from "./blocks.ts"
import { orderDocuments, START } from "./order.ts"

async function* batches(texts: ReadonlyArray<string>, size: number): AsyncIterable<ReadonlyArray<string>> {
  for (let i = 0; i < texts.length; i += size) yield texts.slice(i, i + size)
}

const collect = async <A>(items: AsyncIterable<A>): Promise<Array<A>> => {
  const all: Array<A> = []
  for await (const item of items) all.push(item)
  return all
}

const texts = Array.from({ length: 2 * BLOCK_DOCUMENTS + 10 }, (_, i) => `document ${i}`)
const starts = (found: ReadonlyArray<Block>) => found.map(({ first, last }) => [first, last])

describe("blocks", () => {
  it("ends at a number of documents, however they arrive, and says which block is the last", async () => {
    const expected = [
      [0, false],
      [BLOCK_DOCUMENTS, false],
      [2 * BLOCK_DOCUMENTS, true],
    ]
    for (const size of [1000, 8192, 99999])
      expect(starts(await collect(blocks(batches(texts, size), 0)))).toEqual(expected)
    const full = texts.slice(0, BLOCK_DOCUMENTS)
    expect(starts(await collect(blocks(batches(full, 100), 0)))).toEqual([[0, true]])
    expect(await collect(blocks(batches([], 1), 0))).toEqual([])
  })

  it("ends at a number of bytes", async () => {
    const long = "x".repeat(BLOCK_BYTES / 2)
    expect(starts(await collect(blocks(batches([long, long, long], 3), 0)))).toEqual([
      [0, false],
      [2, true],
    ])
  })

  it("goes on from where a block starts as if it had read all before", async () => {
    const all = await collect(blocks(batches(texts, 1000), 0))
    expect(await collect(blocks(batches(texts, 1000), BLOCK_DOCUMENTS))).toEqual(all.slice(1))
  })
})

describe("orderDocuments", () => {
  const file = (name: string, own: ReadonlyArray<string>) => ({ name, bytes: 1000, documents: () => batches(own, 500) })
  const files = ["a", "b", "c"].map((name) =>
    file(
      name,
      texts.map((text) => `${name} ${text}`),
    ),
  )

  it.each([
    ["whole", 2 ** 20],
    ["in blocks", 0],
  ])("%s: each document once, under the same id in both orders, and resumable anywhere", async (_, wholeBytes) => {
    const order = orderDocuments(files, wholeBytes)
    const training = await collect(order.training(7, START))
    const drawing = await collect(order.drawing(8))
    const byId = (found: typeof training) =>
      new Map(found.flatMap(({ ids, texts }) => ids.map((id, i) => [id, texts[i]!] as const)))
    expect(byId(training).size).toBe(3 * texts.length)
    expect(new Set(byId(training).values()).size).toBe(3 * texts.length)
    expect([...byId(drawing)].sort()).toEqual([...byId(training)].sort())
    expect(training[0]!.texts).not.toEqual([...training[0]!.texts].sort())
    for (const at of [0, 2, 4])
      expect(await collect(order.training(7, training[at]!.next))).toEqual(training.slice(at + 1))
    expect((await collect(order.training(9, START)))[0]).not.toEqual(training[0])
  })
})
