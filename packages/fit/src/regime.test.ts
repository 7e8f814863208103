import { describe, expect, it } from "vitest"
import { flatMargin, regime, verdictOf } from "./regime.ts"
import { type Estimate, notIdentified, unavailable } from "./result.ts"

const slope = (value: number, low?: number, high?: number): Estimate => ({
  _tag: "Estimate",
  value,
  scale: "linear",
  standardError: unavailable("not needed"),
  interval: low === undefined || high === undefined ? undefined : { low, high, level: 0.9 },
  n: 4,
  notes: [],
})

const horizons = [2 ** 15, 2 ** 16, 2 ** 17, 2 ** 18]
const along = (exponent: number, error: number) =>
  horizons.map((tokens) => ({
    tokens,
    y: { ...slope(tokens ** exponent), scale: "log" as const, standardError: error },
  }))

describe("regime", () => {
  it("says which way eta* moves", () => {
    const of = (exponent: number, error = 0.05) => regime(64, along(exponent, error))
    expect(of(0.4).verdict).toBe("rises")
    expect(of(-0.4).verdict).toBe("falls")
    expect(of(0.01).verdict).toBe("flat")
    expect(of(0.01, 1).verdict).toBe("not identified")
    // Zero and beyond the margin: neither flat nor falling.
    expect(of(-0.2, 0.2).verdict).toBe("not identified")
    expect(of(0.2, 0.2).verdict).toBe("not identified")
    expect(regime(64, []).verdict).toBe("not identified")
  })

  it("has the batch, the slope of the power law and its horizons", () => {
    const found = regime(64, along(0.4, 0.05))
    expect(found).toMatchObject({ batch: 64, horizons, slope: { value: expect.closeTo(0.4, 12), n: 4 } })
  })

  it("names the batch where the slope is not identified", () => {
    const found = regime(
      2 ** 12,
      horizons.map((tokens) => ({ tokens, y: notIdentified("edge-low", "add smaller rates", 5) })),
    )
    expect(found.slope).toMatchObject({ reason: "too-few-horizons", points: 4 })
    expect(found.slope._tag === "NotIdentified" && found.slope.message).toMatch(/^eta\* at batch 2\^12 is identified/)
  })

  it("hands level, margin and the degrees of the errors on", () => {
    // Spread of ln T about its mean: (ln 2)^2 * 5.
    const error = 0.05 / Math.sqrt(5 * Math.LN2 ** 2)
    const of = (options: Parameters<typeof regime>[2]) => regime(64, along(0, 0.05), options)
    const half = (options: Parameters<typeof regime>[2]) => {
      const { slope: found } = of(options)
      return found._tag === "Estimate" && found.interval ? found.interval.high - found.value : Number.NaN
    }
    expect(half({})).toBeCloseTo(1.6448536269514722 * error, 10)
    expect(half({ level: 0.95 })).toBeCloseTo(1.959963984540054 * error, 10)
    // t(0.95; 4) = 2.131846786
    expect(half({ errorDegrees: 4 })).toBeCloseTo(2.131846786 * error, 9)
    expect(of({}).verdict).toBe("flat")
    expect(of({ margin: 0.05 }).verdict).toBe("not identified")
  })
})

describe("the verdict of a slope", () => {
  it("needs an interval", () => {
    expect(verdictOf(slope(0.4))).toBe("not identified")
    expect(verdictOf(notIdentified("no-data", "measure", 0))).toBe("not identified")
  })

  it("is rising or falling only beyond zero, which the interval's end is not", () => {
    expect(verdictOf(slope(0.4, 0.001, 0.9))).toBe("rises")
    expect(verdictOf(slope(-0.4, -0.9, -0.001))).toBe("falls")
    expect(verdictOf(slope(0.4, 0, 0.9))).toBe("not identified")
    expect(verdictOf(slope(-0.4, -0.9, 0))).toBe("not identified")
    expect(verdictOf(slope(0.1, 0, 0.2))).toBe("flat")
    expect(verdictOf(slope(-0.1, -0.2, 0))).toBe("flat")
  })

  it("is flat only within the margin, on both sides, half of the theory's 1/2", () => {
    expect(flatMargin).toBe(0.25)
    expect(verdictOf(slope(0, -0.2, 0.2))).toBe("flat")
    expect(verdictOf(slope(0, -0.25, 0.2))).toBe("not identified")
    expect(verdictOf(slope(0, -0.2, 0.25))).toBe("not identified")
    expect(verdictOf(slope(-0.15, -0.31, 0.01))).toBe("not identified")
    expect(verdictOf(slope(0.15, -0.01, 0.31))).toBe("not identified")
    expect(verdictOf(slope(0, -0.2, 0.2), 0.1)).toBe("not identified")
    expect(verdictOf(slope(0, -0.3, 0.3), 0.4)).toBe("flat")
  })
})
