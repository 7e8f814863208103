import { describe, expect, it } from "vitest"
import { clipFactor, globalNorm, HyperparameterError } from "./index.ts"

describe("globalNorm", () => {
  it("is the norm of all values together, whatever the array types", () => {
    expect(globalNorm([Float32Array.of(3), Float64Array.of(0, 4)])).toBe(5)
    expect(globalNorm([Float32Array.of(3), Float64Array.of(0, 4)], 0.5)).toBe(2.5)
    expect(globalNorm([])).toBe(0)
    expect(globalNorm([new Float32Array(0)])).toBe(0)
  })

  it("sums in float64: a million float32 values lose nothing visible", () => {
    expect(globalNorm([new Float32Array(1_000_000).fill(0.5)])).toBeCloseTo(500, 9)
  })
})

describe("clipFactor", () => {
  it("leaves a small gradient alone and brings a large one to maxNorm", () => {
    expect(clipFactor(0, 1)).toBe(1)
    expect(clipFactor(0.5, 1)).toBe(1)
    expect(clipFactor(4, 1)).toBe(1 / (4 + 1e-6))
    expect(4 * clipFactor(4, 1)).toBeCloseTo(1, 6)
  })

  it("is off at Infinity, and does not hide a NaN", () => {
    expect(clipFactor(1e30, Number.POSITIVE_INFINITY)).toBe(1)
    expect(clipFactor(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)).toBe(1)
    expect(clipFactor(Number.NaN, 1)).toBeNaN()
  })

  it.each([0, -1, Number.NaN])("refuses maxNorm %d", (maxNorm) => {
    expect(() => clipFactor(1, maxNorm)).toThrow(HyperparameterError)
  })
})
