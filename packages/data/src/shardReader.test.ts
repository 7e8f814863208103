import { writeFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { temporaryFolder } from "../test/opening.ts"
import { shardReader } from "./shardReader.ts"
import { bytesOf } from "./TokenBuffer.ts"

const sizes = [5, 1, 300, 17, 64]
const total = sizes.reduce((a, b) => a + b)
const all = Array.from({ length: total }, (_, i) => (i * 7919) % 50_000)

const shardsIn = (folder: string, vocabulary: number) => {
  let from = 0
  return sizes.map((tokens, i) => {
    const part = all.slice(from, from + tokens)
    writeFileSync(join(folder, `s${i}`), bytesOf(vocabulary > 65536 ? Uint32Array.from(part) : Uint16Array.from(part)))
    from += tokens
    return { name: `s${i}`, sha256: "", tokens }
  })
}

describe("shardReader", () => {
  it.each([
    ["2-byte tokens", 50_000, 2 ** 20],
    ["4-byte tokens", 70_000, 2 ** 20],
    ["memory for less than one shard", 50_000, 100],
  ])("reads any range as if the shards were one array, with %s", (_, vocabulary, keptBytes) => {
    const folder = temporaryFolder()
    const shards = shardsIn(folder, vocabulary)
    const read = shardReader(folder, shards, vocabulary, false, keptBytes)
    const around = shardReader(folder, shards, vocabulary, true, keptBytes)
    const range = fc.tuple(fc.nat(total), fc.nat(total)).map(([a, b]) => [Math.min(a, b), Math.abs(a - b)] as const)
    fc.assert(
      fc.property(range, fc.nat(5), ([position, count], turns) => {
        const expected = all.slice(position, position + count)
        expect(Array.from(read(position, count))).toEqual(expected)
        expect(Array.from(around(position + turns * total, count))).toEqual(expected)
      }),
    )
    expect(Array.from(around(total - 1, total + 2))).toEqual([all.at(-1), ...all, all[0]])
  })

  it("refuses what is not there", () => {
    const folder = temporaryFolder()
    const read = shardReader(folder, shardsIn(folder, 300), 300, false)
    expect(() => read(total - 1, 2)).toThrow(`tokens ${total - 1} to ${total + 1} of a corpus of ${total}`)
    expect(() => read(-1, 2)).toThrow(RangeError)
    expect(() => read(0.5, 2)).toThrow(RangeError)
  })

  it("gives a view where it can", () => {
    const folder = temporaryFolder()
    const read = shardReader(folder, shardsIn(folder, 300), 300, false)
    expect(read(10, 5).buffer).toBe(read(20, 5).buffer)
  })
})
