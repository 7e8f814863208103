import { describe, expect, it } from "vitest"
import { open, openError, specOf, temporaryFolder } from "../test/opening.ts"
import { SYNTHETIC_DOCUMENT, syntheticEntropy, syntheticReader } from "./synthetic.ts"

const source = (vocabulary: number, order: number, seed = 1) =>
  ({ kind: "synthetic", vocabulary, order, seed }) as const

describe("syntheticReader", () => {
  it("gives the same tokens at a position whatever was read before", () => {
    const whole = syntheticReader(source(50, 1), 3, "training")(0, 5000)
    const read = syntheticReader(source(50, 1), 3, "training")
    for (const [position, count] of [
      [4990, 10],
      [0, 7],
      [1020, 9],
      [1023, 2050],
      [17, 0],
    ] as const)
      expect(read(position, count)).toEqual(whole.slice(position, position + count))
  })

  it.each([1, 2, 3])("of order %i: the next token depends on exactly that many before it", (order) => {
    // Given the whole past that matters, ranks are Zipf: the commonest follower has p = 1 / H(4) = 0.48.
    const tokens = syntheticReader(source(4, order), 1, "training")(0, 200 * SYNTHETIC_DOCUMENT)
    const share = (past: number): number => {
      const followers = new Map<string, Array<number>>()
      for (let i = past; i < tokens.length; i++) {
        if (i % SYNTHETIC_DOCUMENT < past) continue
        const key = tokens.slice(i - past, i).join()
        if (!followers.has(key)) followers.set(key, [0, 0, 0, 0])
        followers.get(key)![tokens[i]!]!++
      }
      let [top, all] = [0, 0]
      for (const counts of followers.values()) {
        top += Math.max(...counts)
        all += counts.reduce((a, b) => a + b)
      }
      return top / all
    }
    expect(share(order)).toBeCloseTo(12 / 25, 2)
    expect(share(order + 1)).toBeCloseTo(12 / 25, 2)
    expect(share(order - 1)).toBeLessThan(0.46)
  })

  it("has the entropy it states", () => {
    // H of (12, 6, 4, 3) / 25, by hand.
    const byHand = [12, 6, 4, 3].reduce((sum, n) => sum - (n / 25) * Math.log(n / 25), 0)
    expect(syntheticEntropy(4)).toBeCloseTo(byHand, 12)
    const tokens = syntheticReader(source(16, 1), 1, "training")(0, 400 * SYNTHETIC_DOCUMENT)
    const pairs = new Float64Array(16 * 16)
    const firsts = new Float64Array(16)
    for (let i = 1; i < tokens.length; i++) {
      if (i % SYNTHETIC_DOCUMENT === 0) continue
      pairs[tokens[i - 1]! * 16 + tokens[i]!]!++
      firsts[tokens[i - 1]!]!++
    }
    const n = firsts.reduce((a, b) => a + b)
    const conditional = pairs.reduce(
      (sum, c, key) => (c === 0 ? sum : sum - (c / n) * Math.log(c / firsts[key >> 4]!)),
      0,
    )
    expect(Math.abs(conditional - syntheticEntropy(16))).toBeLessThan(0.005)
  })
})

describe("a synthetic corpus", () => {
  const here = { cacheFolder: temporaryFolder() }

  it("never ends, and keeps training and validation apart", async () => {
    const corpus = await open(specOf(source(50, 1)), here, { tokens: 1e12 })
    expect(corpus).toMatchObject({
      trainTokens: Number.POSITIVE_INFINITY,
      vocabulary: 64,
      endOfDocument: undefined,
      shards: [],
    })
    expect(corpus.read(1e12, 100)).toHaveLength(100)
    expect(corpus.validation).toHaveLength(101)
    expect(corpus.read(0, 101)).not.toEqual(corpus.validation)
  })

  it("has one law for all data seeds", async () => {
    const [one, other] = [
      await open(specOf(source(50, 1)), here),
      await open({ ...specOf(source(50, 1)), seed: 2 }, here),
    ]
    expect(other.evaluationId).toBe(one.evaluationId)
    expect(other.read(0, 100)).not.toEqual(one.read(0, 100))
    expect((await open(specOf(source(50, 1, 9)), here)).evaluationId).not.toBe(one.evaluationId)
  })

  it("takes no tokenizer, and 4-byte tokens for a large vocabulary", async () => {
    expect(await openError({ ...specOf(source(50, 1)), tokenizer: { kind: "bytes" } }, here)).toMatchObject({
      reason: "InvalidSpec",
    })
    const corpus = await open(specOf(source(70_000, 1)), here)
    expect(corpus.read(0, 4)).toBeInstanceOf(Uint32Array)
  })
})
