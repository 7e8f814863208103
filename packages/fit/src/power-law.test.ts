import { describe, expect, it } from "vitest"
import { powerLaw, powerLawAt } from "./power-law.ts"
import { type Estimate, isEstimate, notIdentified, type Result, unavailable } from "./result.ts"

const number = (value: number, standardError?: number): Estimate => ({
  _tag: "Estimate",
  value,
  scale: "log",
  standardError: standardError ?? unavailable("not needed"),
  interval: undefined,
  n: 1,
  notes: [],
})
const unknown = notIdentified("peak-above", "measure more", 3)
const horizons = [2 ** 15, 2 ** 16, 2 ** 17, 2 ** 18]
const along = (y: (tokens: number) => Result) => horizons.map((tokens) => ({ tokens, y: y(tokens) }))

describe("powerLaw", () => {
  it("recovers an exact law and extrapolates it", () => {
    const law = powerLaw(along((t) => number(3 * t ** 0.47, 0.1)))
    expect(isEstimate(law.exponent) && law.exponent.value).toBeCloseTo(0.47, 12)
    expect(law.reference).toBeCloseTo(2 ** 16.5, 4)
    expect(isEstimate(law.prefactor) && law.prefactor.value).toBeCloseTo(3 * law.reference ** 0.47, 6)
    const at = powerLawAt(law, 2 ** 21)
    expect(isEstimate(at) && at.value / (3 * 2 ** (21 * 0.47))).toBeCloseTo(1, 10)
  })

  it("has the errors of weighted least squares, and the normal quantile, while the errors explain the scatter", () => {
    const law = powerLaw(along((t) => number(t ** 0.5, 0.1)))
    if (!isEstimate(law.exponent)) throw new Error()
    const spread = Math.LN2 ** 2 * (1.5 ** 2 + 0.5 ** 2) * 2
    expect(law.exponent.standardError).toBeCloseTo(0.1 / Math.sqrt(spread), 12)
    const half = 1.6448536269514722 * (0.1 / Math.sqrt(spread))
    expect(law.exponent.interval?.high).toBeCloseTo(0.5 + half, 10)
  })

  it("takes the scatter and Student's t where errors are unknown or too small", () => {
    const wobble = (t: number) => t ** 0.5 * Math.exp([0.1, -0.1, -0.1, 0.1][Math.round(Math.log2(t)) - 15])
    for (const error of [undefined, 0.001]) {
      const law = powerLaw(along((t) => number(wobble(t), error)))
      if (!isEstimate(law.exponent)) throw new Error()
      const error2 = 0.04 / 2 / (Math.LN2 ** 2 * 5)
      expect(law.exponent.standardError).toBeCloseTo(Math.sqrt(error2), 10)
      // t(0.95; 2) = 2.919986
      expect((law.exponent.interval as { high: number }).high - law.exponent.value).toBeCloseTo(
        2.919986 * Math.sqrt(error2),
        5,
      )
    }
  })

  it("predicts with the textbook error of a straight line: the line's and one more scatter", () => {
    const off = [0.1, -0.1, -0.1, 0.1]
    const law = powerLaw(along((t) => number(t ** 0.5 * Math.exp(off[Math.round(Math.log2(t)) - 15]))))
    const at = powerLawAt(law, 2 ** 20)
    const square = 0.04 / 2
    const z = 3.5 * Math.LN2
    const expected = Math.sqrt(square * (1 + 1 / 4 + z ** 2 / (5 * Math.LN2 ** 2)))
    expect(isEstimate(at) && at.standardError).toBeCloseTo(expected, 10)
  })

  it("keeps the covariance of height and exponent under unequal errors", () => {
    const errors = [0.3, 0.1, 0.1, 0.01]
    const law = powerLaw(along((t) => number(t ** 0.5, errors[Math.round(Math.log2(t)) - 15])))
    // At the horizon measured best, the line is known about as well as that point.
    const at = powerLawAt(law, 2 ** 18)
    expect(isEstimate(at) && at.standardError).toBeLessThan(0.01)
    expect(isEstimate(at) && at.standardError).toBeGreaterThan(0.009)
  })

  it("widens with the distance of the extrapolation", () => {
    const law = powerLaw(along((t) => number(t ** 0.5, 0.1)))
    const error = (tokens: number) => {
      const at = powerLawAt(law, tokens)
      return isEstimate(at) ? (at.standardError as number) : NaN
    }
    expect(error(2 ** 21)).toBeGreaterThan(2 * error(2 ** 17))
  })

  it("is not identified by bounds or by fewer than three horizons, and says how many it lacks", () => {
    const none = powerLaw(
      along(() => unknown),
      { name: "The peak" },
    )
    expect(none.exponent).toMatchObject({ reason: "too-few-horizons", points: 4 })
    expect(none.exponent._tag === "NotIdentified" && none.exponent.message).toMatch(/^The peak is identified at 0 of 4/)
    expect(powerLawAt(none, 100)).toBe(none.exponent)
    expect(powerLaw([]).exponent).toMatchObject({ reason: "too-few-horizons" })
    const partly = powerLaw(along((t) => (t === 2 ** 15 ? unknown : number(t))))
    expect(isEstimate(partly.exponent) && partly.exponent.notes[0]).toMatch(/1 of 4 horizons/)
    const same = powerLaw([1, 2, 3].map((value) => ({ tokens: 8, y: number(value) })))
    expect(same.exponent).toMatchObject({ reason: "too-few-horizons" })
  })

  it("names bad values", () => {
    expect(() => powerLaw(along(() => number(-1)))).toThrow("points[0].y is -1")
    expect(() => powerLaw([{ tokens: 0, y: number(1) }])).toThrow("points[0].tokens is 0")
    expect(() => powerLaw([], { level: 90 })).toThrow("level is 90; it must be between 0 and 1")
  })
})
