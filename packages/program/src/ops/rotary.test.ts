import { describe, expect, it } from "vitest"
import { op, runOp } from "../../test/run-op.ts"
import { normal } from "../../test/small-model.ts"

const rotary = (x: Float64Array, rows: number, sequenceLength: number, heads: number, theta: number) => {
  const memory = new Map([
    ["x", x],
    ["y", new Float64Array(x.length).fill(9)],
  ])
  const slots = { inputs: { x: "x" }, outputs: { y: "y" }, attributes: { heads, theta } }
  runOp(op("rotary", slots), memory, { rows, sequenceLength })
  return memory.get("y")!
}

describe("rotary", () => {
  it("turns the pair (0, 1) of a head of two by the position, and copies v", () => {
    const y = rotary(Float64Array.of(9, 9, 9, 9, 9, 9, 1, 0, 0, 1, 5, 6), 2, 2, 1, 1e4)
    expect([...y.slice(0, 6)]).toEqual([9, 9, 9, 9, 9, 9])
    const turned = [Math.cos(1), Math.sin(1), -Math.sin(1), Math.cos(1), 5, 6]
    for (let i = 0; i < 6; i++) expect(y[6 + i]).toBeCloseTo(turned[i], 15)
  })

  it("leaves q.k a function of the distance alone", () => {
    const next = normal(3)
    const token = Array.from({ length: 24 }, next)
    const y = rotary(Float64Array.from([...token, ...token, ...token, ...token]), 4, 4, 1, 100)
    const dot = (i: number, j: number) => {
      let sum = 0
      for (let c = 0; c < 8; c++) sum += y[24 * i + c] * y[24 * j + 8 + c]
      return sum
    }
    expect(dot(1, 0)).toBeCloseTo(dot(3, 2), 12)
    expect(dot(2, 0)).toBeCloseTo(dot(3, 1), 12)
    expect(dot(1, 0)).not.toBeCloseTo(dot(2, 0), 3)
  })
})
