import { describe, expect, it } from "vitest"
import { op, runOp } from "../../test/run-op.ts"
import { normal } from "../../test/small-model.ts"
import { alibiSlopes } from "./alibi.ts"

const attend = (qkv: Float64Array, rows: number, sequenceLength: number, heads: number, alibi: boolean) => {
  const width = qkv.length / rows / 3
  const memory = new Map([
    ["qkv", qkv],
    ["y", new Float64Array(rows * width).fill(99)],
    ["lse", new Float64Array(rows * heads)],
  ])
  const slots = { inputs: { qkv: "qkv" }, outputs: { y: "y", lse: "lse" }, scalars: { scale: "s" } }
  runOp(op("attention", { ...slots, attributes: { heads, alibi } }), memory, {
    rows,
    sequenceLength,
    scalars: { s: 0.5 },
  })
  return { y: memory.get("y")!, lse: memory.get("lse")! }
}

describe("attention", () => {
  it("is v itself for sequences of one token", () => {
    const qkv = Float64Array.from({ length: 2 * 12 }, normal(1))
    const { y, lse } = attend(qkv, 2, 1, 2, true)
    expect([...y]).toEqual([...qkv.slice(8, 12), ...qkv.slice(20, 24)])
    expect(lse[0]).toBeCloseTo(0.5 * (qkv[0] * qkv[4] + qkv[1] * qkv[5]), 14)
  })

  it("averages the past where q is zero, and with ALiBi weighs it by distance", () => {
    // One head of size 1: q = 0, k arbitrary, v = 1, 10, 100.
    const qkv = Float64Array.of(0, 5, 1, 0, -3, 10, 0, 2, 100)
    expect([...attend(qkv, 3, 3, 1, false).y]).toEqual([1, 5.5, expect.closeTo(37, 12)])
    const decay = Math.exp(-1 / 256)
    const expected = (decay ** 2 + 10 * decay + 100) / (decay ** 2 + decay + 1)
    expect(attend(qkv, 3, 3, 1, true).y[2]).toBeCloseTo(expected, 12)
  })

  it("does not see the future nor other sequences", () => {
    const qkv = Float64Array.from({ length: 4 * 6 }, normal(2))
    const before = attend(qkv, 4, 2, 1, true).y
    const changed = qkv.map((value, i) => (i >= 3 * 6 ? value + 1 : value))
    expect([...attend(changed, 4, 2, 1, true).y.slice(0, 6)]).toEqual([...before.slice(0, 6)])
    expect(attend(changed, 4, 2, 1, true).y[6]).not.toBe(before[6])
  })

  it("survives large logits", () => {
    const { y } = attend(Float64Array.of(1e3, 1e3, 1, 1e3, 1e3, 2), 2, 2, 1, false)
    expect(y[1]).toBeCloseTo(1.5, 12)
  })
})

describe("alibiSlopes", () => {
  it("are the published ones for a power of two", () => {
    expect([...alibiSlopes(8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => 2 ** -n))
    expect([...alibiSlopes(1)]).toEqual([2 ** -8])
  })
  it("are the odd places of the next power of two, then the even ones, otherwise", () => {
    const exponents = [1, 2, 3, 4, 5, 6, 7, 8, 0.5, 1.5, 2.5, 3.5]
    expect([...alibiSlopes(12)]).toEqual(exponents.map((n) => 2 ** -n))
  })
})
