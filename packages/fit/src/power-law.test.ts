import { describe, expect, it } from "vitest"
import { lnError, powerLaw, powerLawAt } from "./power-law.ts"
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
    for (const bad of [0, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(() => powerLaw(along(() => number(bad)))).toThrow(`points[0].y is ${bad}`)
      expect(() => powerLaw([{ tokens: bad, y: number(1) }])).toThrow(`points[0].tokens is ${bad}`)
    }
    expect(() =>
      powerLaw([
        { tokens: 1, y: number(1) },
        { tokens: 2, y: number(0) },
      ]),
    ).toThrow("points[1].y is 0")
    expect(() => powerLaw([], { level: 90 })).toThrow("level is 90; it must be between 0 and 1")
  })
})

/** ln y = ln 2 + ln T / 2 with these additions, at the four horizons. */
const off = (additions: ReadonlyArray<number>) => (tokens: number) =>
  2 * tokens ** 0.5 * Math.exp(additions[Math.round(Math.log2(tokens)) - 15])
const spread = 5 * Math.LN2 ** 2

describe("the numbers of a power law", () => {
  const wobbling = () => powerLaw(along((t) => number(off([0.1, -0.1, -0.1, 0.1])(t), 0.1)))

  it("are an exponent and a height at the middle horizon, each with its interval", () => {
    const law = wobbling()
    const half = 1.6448536269514722 * 0.1
    expect(law.exponent).toMatchObject({ _tag: "Estimate", scale: "linear", n: 4, notes: [], interval: { level: 0.9 } })
    expect(law.prefactor).toMatchObject({ _tag: "Estimate", scale: "log", n: 4, notes: [], interval: { level: 0.9 } })
    if (!isEstimate(law.exponent) || !isEstimate(law.prefactor)) throw new Error("no law")
    expect(law.exponent.interval?.low).toBeCloseTo(0.5 - half / Math.sqrt(spread), 10)
    expect(law.exponent.interval?.high).toBeCloseTo(0.5 + half / Math.sqrt(spread), 10)
    // The mean of four: 0.1 / 2.
    expect(law.prefactor.standardError).toBeCloseTo(0.05, 12)
    expect(Math.log((law.prefactor.interval?.low ?? 0) / law.prefactor.value)).toBeCloseTo(-half / 2, 10)
    expect(Math.log((law.prefactor.interval?.high ?? 0) / law.prefactor.value)).toBeCloseTo(half / 2, 10)
    expect(law.horizons).toEqual(horizons)
    // Residuals of 0.1 at each of four points, two degrees of freedom; the errors explain them.
    expect(law.residual?.deviation).toBeCloseTo(Math.sqrt(0.04 / 2), 12)
    expect(law.residual?.degrees).toBe(Number.POSITIVE_INFINITY)
  })

  it("have a prediction with its interval on both sides, at the asked level", () => {
    const law = wobbling()
    for (const [level, quantile] of [
      [0.9, 1.6448536269514722],
      [0.95, 1.959963984540054],
    ] as const) {
      const at = powerLawAt(law, 2 ** 20, level)
      expect(at).toMatchObject({ _tag: "Estimate", scale: "log", n: 4, notes: [], interval: { level } })
      if (!isEstimate(at)) throw new Error(at.message)
      const z = 3.5 * Math.LN2
      const error = Math.sqrt(0.01 / 4 + (z ** 2 * 0.01) / spread + 0.04 / 2)
      expect(at.standardError).toBeCloseTo(error, 10)
      expect(Math.log((at.interval?.low ?? 0) / at.value)).toBeCloseTo(-quantile * error, 9)
      expect(Math.log((at.interval?.high ?? 0) / at.value)).toBeCloseTo(quantile * error, 9)
    }
    const byDefault = powerLawAt(law, 2 ** 20)
    expect(isEstimate(byDefault) && byDefault.interval?.level).toBe(0.9)
    expect(() => powerLawAt(law, 0)).toThrow("tokens is 0")
  })

  it("take the degrees of freedom behind the errors for theirs", () => {
    const few = powerLaw(
      along((t) => number(off([0, 0, 0, 0])(t), 0.1)),
      { errorDegrees: 3 },
    )
    expect(few.residual?.degrees).toBe(3)
    // t(0.95; 3) = 2.353363435
    const { exponent } = few
    expect(isEstimate(exponent) && exponent.interval?.high).toBeCloseTo(
      0.5 + (2.353363435 * 0.1) / Math.sqrt(spread),
      8,
    )
  })
})

describe("the errors of the points", () => {
  it("are those of logarithms, whatever the scale", () => {
    expect(lnError(number(4, 0.1))).toBe(0.1)
    expect(lnError({ ...number(4, 0.1), scale: "linear" })).toBe(0.025)
    expect(lnError({ ...number(-4, 0.1), scale: "linear" })).toBe(0.025)
    expect(lnError(number(4))).toBeUndefined()
    expect(lnError({ ...number(4), scale: "linear" })).toBeUndefined()
  })

  it("count only where all are known and above zero", () => {
    const additions = [0.1, -0.1, -0.1, 0.1]
    const errors: ReadonlyArray<ReadonlyArray<number | undefined>> = [
      [0.5, undefined, 0.5, 0.5],
      [0.5, 0.5, 0, 0.5],
      [undefined, undefined, undefined, undefined],
      [0, 0, 0, 0],
    ]
    for (const some of errors) {
      const { exponent, residual } = powerLaw(
        horizons.map((tokens, i) => ({ tokens, y: number(off(additions)(tokens), some[i]) })),
      )
      // The scatter alone: s^2 = 0.04 / 2 over the spread, two degrees of freedom.
      expect(isEstimate(exponent) && exponent.standardError).toBeCloseTo(Math.sqrt(0.04 / 2 / spread), 10)
      expect(residual?.degrees).toBe(2)
    }
  })
})

describe("no power law", () => {
  it("still says which horizons there were, and their middle", () => {
    const two = powerLaw(along((t) => (t < 2 ** 17 ? number(t) : unknown)))
    expect(two.horizons).toEqual([2 ** 15, 2 ** 16])
    expect(two.reference).toBeCloseTo(2 ** 15.5, 6)
    expect(two).toMatchObject({ covariance: undefined, residual: undefined })
    expect(two.prefactor).toEqual(two.exponent)
    expect(two.exponent).toMatchObject({ points: 4 })
    expect(powerLaw([])).toMatchObject({ reference: 0, horizons: [] })
    expect(powerLaw([{ tokens: 1, y: unknown }]).exponent).toMatchObject({
      message: "The quantity is identified at 0 of 1 horizon; a power law needs three.",
    })
  })

  it("comes from horizons whose logarithms coincide", () => {
    const near = [2 ** 52, 2 ** 52 + 1, 2 ** 52 + 2].map((tokens) => ({ tokens, y: number(1) }))
    expect(powerLaw(near).exponent).toMatchObject({ reason: "ill-conditioned", points: 3 })
  })

  it("predicts nothing where its height is not identified", () => {
    const law = powerLaw(along((t) => number(t ** 0.5, 0.1)))
    expect(powerLawAt({ ...law, prefactor: unknown }, 100)).toBe(unknown)
  })

  it("counts the horizons without a number, in words", () => {
    const notes = (missing: number) => {
      const five = [...horizons, 2 ** 19]
      const { exponent, prefactor } = powerLaw(
        five.map((tokens, i) => ({ tokens, y: i < missing ? unknown : number(tokens, 0.1) })),
      )
      return [exponent, prefactor].map((found) => (isEstimate(found) ? found.notes : undefined))
    }
    expect(notes(0)).toEqual([[], []])
    expect(notes(1)).toEqual([[expect.stringMatching(/^1 of 5 horizons gives no number and is left out/)], []])
    expect(notes(2)).toEqual([[expect.stringMatching(/^2 of 5 horizons give no number and are left out/)], []])
  })
})

describe("a horizon too far away", () => {
  const steep = (exponent: number) => powerLaw(along((t) => number((t / 2 ** 16.5) ** exponent, 0.1)))

  it("has no number where it would be none: zero, infinite, or in infinite doubt", () => {
    for (const exponent of [2, -2]) {
      expect(isEstimate(powerLawAt(steep(exponent), 1e150))).toBe(true)
      expect(powerLawAt(steep(exponent), 1e180)).toMatchObject({ reason: "ill-conditioned", points: 4 })
    }
    const level = steep(0)
    expect(isEstimate(powerLawAt(level, 1e180))).toBe(true)
    const doubted = { ...level, covariance: [1, 0, 0, 1e306] as const }
    expect(powerLawAt(doubted, 1e180)).toMatchObject({ reason: "ill-conditioned" })
  })
})
