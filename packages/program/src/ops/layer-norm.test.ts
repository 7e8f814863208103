import { describe, expect, it } from "vitest"
import { normal } from "../../test/small-model.ts"
import { normalise } from "./layer-norm.ts"

describe("normalise", () => {
  it("gives rows of mean 0 and variance 1, and the statistics to undo it", () => {
    const width = 101
    const next = normal(4)
    const x = Float64Array.from({ length: width }, () => 50 + 3 * next())
    const y = new Float64Array(width)
    const stats = new Float64Array(2)
    normalise(x, y, 0, width, undefined, undefined, 0, stats, 0)
    expect(y.reduce((a, b) => a + b, 0) / width).toBeCloseTo(0, 12)
    expect(y.reduce((a, b) => a + b * b, 0) / width).toBeCloseTo(1, 12)
    for (let i = 0; i < width; i++) expect(y[i] / stats[1] + stats[0]).toBeCloseTo(x[i], 11)
  })
  it("keeps a constant row finite", () => {
    const y = new Float64Array(3)
    normalise(new Float64Array(3).fill(7), y, 0, 3, undefined, Float64Array.of(1, 2, 3), 1e-5, new Float64Array(2), 0)
    expect([...y]).toEqual([1, 2, 3])
  })
})
