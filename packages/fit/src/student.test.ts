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

  it("of the normal agree with the check values of algorithm AS 241, far tails included", () => {
    expect(normalQuantile(0.25) / -0.6744897501960817).toBeCloseTo(1, 15)
    expect(normalQuantile(0.001) / -3.0902323061678136).toBeCloseTo(1, 15)
    expect(normalQuantile(1e-20) / -9.262340089798409).toBeCloseTo(1, 15)
    expect([normalQuantile(-0.1), normalQuantile(Number.NaN)]).toEqual([Number.NaN, Number.NaN])
  })

  it("of the normal are odd about one half", () => {
    for (const p of [0.01, 0.06, 0.075, 0.1, 0.3, 0.45]) {
      expect(normalQuantile(1 - p)).toBeCloseTo(-normalQuantile(p), 13)
    }
    // Beyond e^-25 the tail's formula changes, and both agree there with the expansion of Mills' ratio, Q(x) x / phi(x).
    for (const x of [6.5, 6.7, 7, 10, 30]) {
      let ratio = 1
      let term = 1
      for (let k = 1; k <= 12; k++) {
        term *= -(2 * k - 1) / x ** 2
        ratio += term
      }
      const tail = (ratio * Math.exp(-0.5 * x * x)) / (x * Math.sqrt(2 * Math.PI))
      expect(normalQuantile(tail) / -x).toBeCloseTo(1, 7)
    }
  })

  it("of Student's t are zero at one half and odd about it", () => {
    expect(studentQuantile(0.5, 3)).toBeCloseTo(0, 12)
    for (const p of [0.6, 0.975]) expect(studentQuantile(1 - p, 3.5)).toBeCloseTo(-studentQuantile(p, 3.5), 12)
  })

  it("of Student's t become normal ones, exactly so above a million degrees", () => {
    expect(studentQuantile(0.9, 2e6)).toBe(normalQuantile(0.9))
    // Cornish and Fisher: t = z + (z^3 + z) / (4 degrees) + ...
    const z = normalQuantile(0.9)
    expect(studentQuantile(0.9, 1e5)).toBeCloseTo(z + (z ** 3 + z) / 4e5, 9)
    expect(studentQuantile(0.9, 1e5)).not.toBe(z)
    expect([studentQuantile(0.9, -1), studentQuantile(0.9, Number.NEGATIVE_INFINITY)]).toEqual([Number.NaN, z])
  })

  it("are as exact when asked again", () => {
    const first = studentQuantile(0.83, 2)
    expect(studentQuantile(0.83, 2)).toBe(first)
    expect(studentQuantile(0.83, 1)).toBeCloseTo(Math.tan(Math.PI * 0.33), 10)
    expect(studentQuantile(0.84, 2)).toBeGreaterThan(first)
  })

  it("invert the distribution function, fractional degrees included", () => {
    for (const degrees of [0.7, 3.5, 100]) {
      expect(studentProbability(studentQuantile(0.9, degrees), degrees)).toBeCloseTo(0.9, 12)
      expect(studentProbability(0, degrees)).toBeCloseTo(0.5, 12)
    }
    expect(twoSided(0.9, Infinity)).toBeCloseTo(1.6448536269514722, 12)
  })
})

describe("the distribution function of Student's t", () => {
  const one = (t: number) => 0.5 + Math.atan(t) / Math.PI
  const two = (t: number) => 0.5 + t / (2 * Math.sqrt(2 + t * t))
  const four = (t: number) => {
    const s = t / Math.sqrt(4 + t * t)
    return 0.5 + 0.75 * (s - s ** 3 / 3)
  }

  it("has its closed forms with one, two and four degrees of freedom, on both sides", () => {
    for (const t of [0.001, 0.3, 1, 2.5, 40, 1e4]) {
      for (const [degrees, exact] of [
        [1, one],
        [2, two],
        [4, four],
      ] as const) {
        expect(studentProbability(t, degrees)).toBeCloseTo(exact(t), 13)
        expect(studentProbability(-t, degrees)).toBeCloseTo(1 - exact(t), 13)
      }
    }
  })

  it("keeps its digits near the centre and far out", () => {
    expect((studentProbability(1e-5, 2) - 0.5) / (1e-5 / (2 * Math.SQRT2))).toBeCloseTo(1, 6)
    // 1 - F(t) with two degrees is 1 / (2 t^2) - 3 / (2 t^4) + ...
    expect(studentProbability(-1e6, 2) / (0.5e-12 - 1.5e-24)).toBeCloseTo(1, 11)
    expect([studentProbability(Number.POSITIVE_INFINITY, 3), studentProbability(Number.NEGATIVE_INFINITY, 3)]).toEqual([
      1, 0,
    ])
  })

  it("is near the normal one with many degrees", () => {
    for (const p of [0.51, 0.9, 0.999]) expect(studentProbability(normalQuantile(p), 1e6)).toBeCloseTo(p, 6)
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
  it("contradicts at the 10 % level of chi-squared, to three per cent", () => {
    for (const [degrees, quantile] of [
      [1, 2.7055],
      [2, 4.6052],
      [10, 15.9872],
      [60, 74.397],
    ] as const) {
      expect(scatterOf(0.97 * quantile, degrees, true)).toEqual({ scale: 1, degrees: Number.POSITIVE_INFINITY })
      expect(scatterOf(1.03 * quantile, degrees, true).degrees).toBe(degrees)
    }
  })

  it("has nothing but the scatter where errors are unknown", () => {
    expect(scatterOf(0, 3, false, 7)).toEqual({ scale: 0, degrees: 3 })
    expect(scatterOf(30, 3, true, 7)).toEqual({ scale: 10, degrees: 3 })
  })
})
