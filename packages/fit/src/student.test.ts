import { describe, expect, it } from "vitest"
import { normalQuantile, scatterOf, studentProbability, studentQuantile, twoSided } from "./student.ts"

describe("quantiles", () => {
  it("of the normal agree with published tables", () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14)
    expect(normalQuantile(0.95)).toBeCloseTo(1.6448536269514722, 14)
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306167813, 13)
    expect(normalQuantile(1e-10)).toBeCloseTo(-6.361340902404056, 12)
    expect(normalQuantile(0.5)).toBe(0)
    expect([normalQuantile(0), normalQuantile(1), normalQuantile(2)]).toEqual([-Infinity, Infinity, NaN])
  })

  it("of Student's t agree with published tables", () => {
    expect(studentQuantile(0.95, 1)).toBeCloseTo(6.313751514675, 10)
    expect(studentQuantile(0.975, 5)).toBeCloseTo(2.570581835636, 10)
    expect(studentQuantile(0.95, 30)).toBeCloseTo(1.697260886594, 10)
    expect(studentQuantile(0.05, 4)).toBeCloseTo(-2.131846786327, 10)
    expect(studentQuantile(0.9, Infinity)).toBe(normalQuantile(0.9))
    expect(studentQuantile(0.9, 0)).toBeNaN()
  })

  it("of Student's t with one and two degrees of freedom follow their closed forms", () => {
    for (const p of [0.55, 0.8, 0.99]) {
      expect(studentQuantile(p, 1)).toBeCloseTo(Math.tan(Math.PI * (p - 0.5)), 9)
      expect(studentQuantile(p, 2)).toBeCloseTo((2 * p - 1) * Math.sqrt(2 / (4 * p * (1 - p))), 9)
    }
  })

  it("invert the distribution function, fractional degrees included", () => {
    for (const degrees of [0.7, 3.5, 100]) {
      expect(studentProbability(studentQuantile(0.9, degrees), degrees)).toBeCloseTo(0.9, 12)
      expect(studentProbability(0, degrees)).toBeCloseTo(0.5, 12)
    }
    expect(twoSided(0.9, Infinity)).toBeCloseTo(1.6448536269514722, 12)
  })
})

describe("scatterOf", () => {
  it("believes known errors until the scatter contradicts them", () => {
    expect(scatterOf(5, 4, true)).toEqual({ scale: 1, degrees: Infinity })
    expect(scatterOf(5, 4, true, 7)).toEqual({ scale: 1, degrees: 7 })
    // The 90 % quantile of chi-squared with 4 degrees of freedom is 7.779.
    expect(scatterOf(7.7, 4, true).scale).toBe(1)
    expect(scatterOf(8, 4, true)).toEqual({ scale: 2, degrees: 4 })
    expect(scatterOf(2, 4, false)).toEqual({ scale: 0.5, degrees: 4 })
  })
})
