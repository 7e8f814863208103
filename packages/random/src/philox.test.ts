import { describe, expect, it } from "vitest"
import { philox4x32 } from "./philox.ts"

// Lines "philox4x32 10" of the file kat_vectors of Random123: counter (4 words), key (2 words), result (4 words).
const KNOWN_ANSWERS = [
  "00000000 00000000 00000000 00000000 00000000 00000000 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
  "ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff 408f276d 41c83b0e a20bc7c6 6d5451fd",
  "243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0 d16cfe09 94fdcceb 5001e420 24126ea1",
]

/** The published definition in exact integers, without tricks. */
const philoxInBigInt = (counter: ReadonlyArray<number>, key: ReadonlyArray<number>): Array<number> => {
  const mask = 0xffffffffn
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint]
  let [k0, k1] = key.map(BigInt) as [bigint, bigint]
  for (let round = 0; round < 10; round++) {
    const p0 = c0 * 0xd2511f53n
    const p1 = c2 * 0xcd9e8d57n
    ;[c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask]
    k0 = (k0 + 0x9e3779b9n) & mask
    k1 = (k1 + 0xbb67ae85n) & mask
  }
  return [c0, c1, c2, c3].map(Number)
}

const philox = (words: ReadonlyArray<number>): Array<number> => {
  const out = new Uint32Array(4)
  const [c0, c1, c2, c3, k0, k1] = words as [number, number, number, number, number, number]
  philox4x32(c0, c1, c2, c3, k0, k1, out)
  return [...out]
}

describe("philox4x32", () => {
  it.each(KNOWN_ANSWERS)("matches the published vector %s", (line) => {
    const words = line.split(" ").map((word) => Number.parseInt(word, 16))
    expect(philox(words.slice(0, 6))).toEqual(words.slice(6))
  })

  it("equals the definition in exact integers on 500 scattered inputs", () => {
    let words = [1, 2, 3, 4, 5, 6]
    for (let i = 0; i < 500; i++) {
      const expected = philoxInBigInt(words.slice(0, 4), words.slice(4))
      expect(philox(words)).toEqual(expected)
      words = [...expected, (words[0]! ^ i) >>> 0, (words[1]! + expected[3]!) >>> 0]
    }
  })
})
