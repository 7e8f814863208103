import { describe, expect, it } from "vitest"
import { studentTQuantile, studentTWithin } from "./studentT.ts"

describe("Student's t", () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2: one-sided 0.95, 0.975, 0.995.
  it.each([
    [1, 6.314, 12.706, 63.657],
    [2, 2.92, 4.303, 9.925],
    [3, 2.353, 3.182, 5.841],
    [4, 2.132, 2.776, 4.604],
    [5, 2.015, 2.571, 4.032],
    [10, 1.812, 2.228, 3.169],
    [13, 1.771, 2.16, 3.012],
    [30, 1.697, 2.042, 2.75],
    [100, 1.66, 1.984, 2.626],
  ])("has the tabulated quantiles at %d degrees of freedom", (degrees, p90, p95, p99) => {
    expect(studentTQuantile(0.9, degrees)).toBeCloseTo(p90, 3)
    expect(studentTQuantile(0.95, degrees)).toBeCloseTo(p95, 3)
    expect(studentTQuantile(0.99, degrees)).toBeCloseTo(p99, 3)
  })

  it("tends to the normal distribution", () => {
    expect(studentTQuantile(0.95, 100_001)).toBeCloseTo(1.95998, 4)
  })

  it("is Cauchy's at one degree of freedom", () => {
    expect(studentTWithin(1, 1)).toBeCloseTo(0.5, 15)
  })

  it.each([
    [0, 3],
    [1, 3],
    [Number.NaN, 3],
    [0.95, 0],
    [0.95, 1.5],
  ])("refuses confidence %d with %d degrees", (confidence, degrees) => {
    expect(() => studentTQuantile(confidence, degrees)).toThrow(/confidence|degrees/)
  })
})
