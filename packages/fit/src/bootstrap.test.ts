import { describe, expect, it } from "vitest"
import { atLeastResamples, numberOf, withResamples } from "./bootstrap.ts"
import { type Estimate, isEstimate, notIdentified, unavailable } from "./result.ts"

const estimate = (scale: "log" | "linear", value: number): Estimate => ({
  _tag: "Estimate",
  value,
  scale,
  standardError: unavailable("not yet"),
  interval: undefined,
  n: 5,
  notes: [],
})
const uniform = (low: number, high: number) => Array.from({ length: 101 }, (_, i) => low + ((high - low) * i) / 100)

describe("withResamples", () => {
  it("takes quantiles on the scale of the estimate", () => {
    const linear = withResamples(estimate("linear", 5), uniform(0, 10), 0.9)
    expect(isEstimate(linear) && linear.interval).toEqual({
      low: expect.closeTo(0.5),
      high: expect.closeTo(9.5),
      level: 0.9,
    })
    expect(isEstimate(linear) && linear.standardError).toBeCloseTo((0.8413447 - 0.1586553) * 5, 5)
    const log = withResamples(estimate("log", Math.exp(5)), uniform(0, 10), 0.9)
    expect(isEstimate(log) && log.interval?.high).toBeCloseTo(Math.exp(9.5), 6)
  })

  it("is half-open where resamples run off to one side", () => {
    const samples = [...uniform(4, 6).slice(0, 60), ...new Array<number>(41).fill(Infinity)]
    const found = withResamples(estimate("log", Math.exp(5)), samples, 0.9)
    expect(isEstimate(found) && found.interval?.high).toBe(Infinity)
    expect(isEstimate(found) && found.interval?.low).toBeGreaterThan(Math.exp(4))
    expect(isEstimate(found) && found.standardError).toMatchObject({ _tag: "Unavailable" })
  })

  it("is open to the side that resamples run off to, also where a quantile falls between a number and infinity", () => {
    // 100 resamples: the 5 % quantile lies at position 4.95, the 95 % one at 94.05.
    for (const count of [4, 5, 6, 10]) {
      const low = withResamples(
        estimate("log", Math.exp(5)),
        [...new Array<number>(count).fill(-Infinity), ...uniform(4, 6).slice(0, 100 - count)],
        0.9,
      )
      expect(isEstimate(low) && low.interval?.low === 0).toBe(count >= 5)
      expect(isEstimate(low) && low.interval?.high).toBeGreaterThan(Math.exp(5))
      const high = withResamples(
        estimate("log", Math.exp(5)),
        [...uniform(4, 6).slice(0, 100 - count), ...new Array<number>(count).fill(Infinity)],
        0.9,
      )
      expect(isEstimate(high) && high.interval?.high === Infinity).toBe(count >= 5)
      expect(isEstimate(high) && high.interval?.low).toBeLessThan(Math.exp(5))
    }
    const infinite = (count: number, sign: 1 | -1) => new Array<number>(count).fill(sign * Infinity)
    const both = [...infinite(10, -1), ...uniform(4, 6).slice(0, 40), ...infinite(50, 1)]
    const found = withResamples(estimate("log", Math.exp(5)), both, 0.9)
    expect(isEstimate(found) && found.interval).toEqual({ low: 0, high: Infinity, level: 0.9 })
  })

  it("gives a bound to what is known on one side only", () => {
    const above = notIdentified("not-reached", "more", 3, { lower: 1 })
    const samples = [...uniform(4, 6).slice(0, 30), ...new Array<number>(71).fill(Infinity)]
    const found = withResamples(above, samples, 0.9)
    expect(found._tag === "NotIdentified" && found.bound).toEqual({
      lower: expect.closeTo(Math.exp(4.2), 6),
      level: 0.9,
    })
    expect(withResamples(above, new Array<number>(50).fill(Infinity), 0.9)).toEqual(above)
    const flat = notIdentified("flat", "nothing", 3)
    expect(withResamples(flat, uniform(0, 1), 0.9)).toEqual(flat)
  })

  it("keeps its word where resamples say too little", () => {
    const some = [...uniform(0, 1).slice(0, 50), ...new Array<number>(51).fill(NaN)]
    expect(withResamples(estimate("linear", 1), some, 0.9)).toEqual(estimate("linear", 1))
    expect(withResamples(estimate("linear", 1), [], 0.9)).toMatchObject({
      standardError: { _tag: "Unavailable", message: expect.stringMatching(/noise level/) },
    })
  })
})

it("only ever widens an estimate that has a doubt of its own", () => {
  const own: Estimate = { ...estimate("linear", 5), standardError: 1, interval: { low: 3.4, high: 6.6, level: 0.9 } }
  expect(atLeastResamples(own, uniform(4.9, 5.1), 0.9)).toBe(own)
  const wide = atLeastResamples(own, uniform(0, 10), 0.9)
  expect(isEstimate(wide) && wide.interval?.low).toBeLessThan(0)
  const law = notIdentified("too-few-horizons", "more", 1)
  expect(atLeastResamples(law, uniform(0, 1), 0.9)).toBe(law)
})

it("reads results as numbers, infinite where only their side is known", () => {
  expect(numberOf(estimate("log", Math.E))).toBe(1)
  expect(numberOf(estimate("linear", 3))).toBe(3)
  expect(numberOf(notIdentified("edge-high", "", 1))).toBe(Infinity)
  expect(numberOf(notIdentified("edge-low", "", 1))).toBe(-Infinity)
  expect(numberOf(notIdentified("flat", "", 1))).toBeNaN()
})
