import { describe, expect, it } from "vitest"
import { hash64, streamKey, type Word64 } from "./hash64.ts"

const hex = ({ low, high }: Word64) => high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0")

describe("hash64", () => {
  // Published FNV-1a test values.
  it.each([
    ["", "cbf29ce484222325"],
    ["a", "af63dc4c8601ec8c"],
    ["foobar", "85944171f73967e8"],
  ])("of %j is %s", (text, expected) => {
    expect(hex(hash64(text))).toBe(expected)
  })

  it("equals the definition in exact integers, non-ASCII text included", () => {
    for (const text of ["blocks.0.attention.Wqkv", "Größe", "学習率", "🙂", "x".repeat(1000)]) {
      let expected = 0xcbf29ce484222325n
      for (const byte of new TextEncoder().encode(text))
        expected = ((expected ^ BigInt(byte)) * 0x100000001b3n) & (2n ** 64n - 1n)
      expect(hex(hash64(text))).toBe(expected.toString(16).padStart(16, "0"))
    }
  })
})

describe("streamKey", () => {
  it("is different for every seed and name among 40,000", () => {
    const keys = new Set<string>()
    for (let seed = -100; seed < 100; seed++)
      for (let i = 0; i < 200; i++) keys.add(hex(streamKey(seed, `blocks.${i}.weight`)))
    expect(keys.size).toBe(40_000)
  })

  it("sees the high half of the seed", () => {
    expect(streamKey(2 ** 40, "a")).not.toEqual(streamKey(0, "a"))
    expect(streamKey(-1, "a")).not.toEqual(streamKey(2 ** 32 - 1, "a"))
  })
})
