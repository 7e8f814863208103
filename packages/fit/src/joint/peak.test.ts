import { describe, expect, it } from "vitest"
import { optima, reference, trueLaw } from "../../test/optima.ts"
import { octaves } from "../../test/simulate.ts"
import { type Optimum, solve } from "../../test/solved.ts"
import { isEstimate, type NotIdentified, type Result } from "../result.ts"
import { forms } from "./form.ts"
import { exponentAt, type Measured, peakBatchAt, peakEtaAt } from "./peak.ts"
import { batchScaleAt, exponentOf, heightAt } from "./quantities.ts"

const level = 0.9
const at = { lnTokens: Math.log(reference), lnSize: 0 }

const asked = (points: ReadonlyArray<Optimum>, rivals: Measured["rivals"] = [], bell = true) => {
  const solved = solve(points, "bell")
  const batches = points.map((p) => p.batch)
  const measured: Measured = {
    batches: [Math.min(...batches), Math.max(...batches)],
    cells: points.length,
    rivals,
    bell,
  }
  const peak = peakBatchAt(solved, at, level, measured)
  return {
    solved,
    measured,
    peak,
    scale: batchScaleAt(solved, at, level),
    height: peakEtaAt(solved, at, level, peak, measured),
  }
}
const open = (result: Result): NotIdentified => {
  if (isEstimate(result)) throw new Error(`expected none, found ${result.value}`)
  return result
}
const one = (batches: ReadonlyArray<number>, error: number, batch = 2 ** 9) =>
  optima({ ...trueLaw, batch }, { batches, horizons: [reference], error })

describe("a peak that the data know", () => {
  it("is a number with its profile-likelihood interval, and so is its height", () => {
    const { peak, height, solved, scale } = asked(
      optima(trueLaw, { batches: octaves(5, 13), horizons: octaves(18, 22) }),
    )
    expect(peak).toMatchObject({ _tag: "Estimate", scale: "log", n: 45, notes: [], standardError: scale.error })
    expect(isEstimate(peak) && peak.value / 2 ** 9).toBeCloseTo(1, 4)
    expect(isEstimate(peak) && peak.interval).toEqual({
      low: Math.exp(scale.ends.low),
      high: Math.exp(scale.ends.high),
      level,
    })
    const expected = heightAt(solved, at, level)
    expect(height).toEqual({
      _tag: "Estimate",
      value: Math.exp(expected.value),
      scale: "log",
      standardError: expected.error,
      interval: { low: Math.exp(expected.ends.low), high: Math.exp(expected.ends.high), level },
      n: 45,
      notes: [],
    })
  })

  it("is noted to rest on the form where it lies outside the batches", () => {
    const notes = (batches: ReadonlyArray<number>) => {
      const { peak } = asked(one(batches, 0.005))
      return isEstimate(peak) ? peak.notes : undefined
    }
    expect(notes(octaves(3, 8))).toEqual([
      "It lies beyond the largest batch measured and rests on the form of the bell.",
    ])
    expect(notes(octaves(10, 15))).toEqual([
      "It lies below the smallest batch measured and rests on the form of the bell.",
    ])
    expect(notes(octaves(7, 11))).toEqual([])
  })

  it("is none as soon as its deviation reaches a factor of two", () => {
    const points = (error: number) => one(octaves(6, 12), error)
    let [known, unknown] = [0.01, 3]
    for (let k = 0; k < 20; k++) {
      const middle = 0.5 * (known + unknown)
      if (isEstimate(asked(points(middle)).peak)) known = middle
      else unknown = middle
    }
    expect(asked(points(known)).scale.deviation / Math.LN2).toBeCloseTo(1, 2)
  })
})

describe("a peak that they do not know", () => {
  it("is flat where eta* neither rises nor falls", () => {
    const { peak, scale, height } = asked(one(octaves(7, 11), 2))
    expect([scale.ends.low, scale.ends.high]).toEqual([-Infinity, Infinity])
    expect(open(peak)).toEqual({
      _tag: "NotIdentified",
      reason: "flat",
      message:
        "eta* neither rises nor falls beyond its errors between 2^7 and 2^11 tokens: add batches further apart, seeds or finer rates.",
      points: 5,
    })
    expect(open(height)).toEqual(open(peak))
  })

  it("lies above where there is no upper end", () => {
    const { peak, scale } = asked(one(octaves(4, 8), 0.15, 2 ** 11))
    expect(scale.ends.high).toBe(Infinity)
    expect(open(peak)).toEqual({
      _tag: "NotIdentified",
      reason: "peak-above",
      message: "eta* shows no fall up to the largest batch 2^8: measure larger batches.",
      bound: { lower: Math.exp(scale.ends.low), level },
      points: 5,
    })
  })

  it("lies above too where nothing bounds it and the best guess does", () => {
    const { peak, scale } = asked(one(octaves(4, 6), 1, 2 ** 12))
    expect([scale.ends.low, scale.ends.high]).toEqual([-Infinity, Infinity])
    expect(scale.value).toBeGreaterThan(Math.log(2 ** 6))
    expect(open(peak)).toMatchObject({ reason: "peak-above" })
    expect(open(peak).bound).toBeUndefined()
  })

  it("lies below where there is no lower end", () => {
    const { peak, scale } = asked(one(octaves(10, 14), 0.15, 2 ** 7))
    expect(scale.ends.low).toBe(-Infinity)
    expect(open(peak)).toEqual({
      _tag: "NotIdentified",
      reason: "peak-below",
      message: "eta* shows no rise from the smallest batch 2^10 on: measure smaller batches.",
      bound: { upper: Math.exp(scale.ends.high), level },
      points: 5,
    })
  })

  it("shows the end that the data show where it lies outside and other forms live", () => {
    const above = asked(one(octaves(4, 8), 0.01, 2 ** 9), ["saturating", "power"])
    expect(Number.isFinite(above.scale.ends.high)).toBe(true)
    expect(open(above.peak)).toMatchObject({ reason: "peak-above", bound: { lower: expect.any(Number), level } })
    expect(Object.keys(open(above.peak).bound ?? {}).sort()).toEqual(["level", "lower"])
    expect(open(above.peak).bound?.lower).toBeCloseTo(Math.exp(above.scale.ends.low), 9)
    expect(open(above.peak).message).toBe(
      `eta* shows no fall up to the largest batch 2^8, and the data do not tell a bell from a form without a peak (${forms.saturating.title}, ${forms.power.title}): measure larger batches.`,
    )
    const below = asked(one(octaves(10, 14), 0.01, 2 ** 9), ["power"])
    expect(open(below.peak)).toMatchObject({ reason: "peak-below" })
    expect(Object.keys(open(below.peak).bound ?? {}).sort()).toEqual(["level", "upper"])
    expect(open(below.peak).bound?.upper).toBeCloseTo(Math.exp(below.scale.ends.high), 9)
    expect(open(below.peak).message).toBe(
      `eta* shows no rise from the smallest batch 2^10 on, and the data do not tell a bell from a form without a peak (${forms.power.title}): measure smaller batches.`,
    )
  })

  it("keeps both ends outside the batches where the bell is the only form", () => {
    const { peak, scale } = asked(one(octaves(4, 8, 0.5), 0.1, 2 ** 9.5))
    expect(scale.deviation).toBeGreaterThan(Math.LN2)
    const { lower, upper } = open(peak).bound ?? {}
    expect([lower, upper]).toEqual([
      expect.closeTo(Math.exp(scale.ends.low), 9),
      expect.closeTo(Math.exp(scale.ends.high), 9),
    ])
    const factor = Number(((upper ?? NaN) / (lower ?? NaN)).toPrecision(2))
    expect(open(peak)).toMatchObject({
      reason: "peak-above",
      message: `eta* shows no fall up to the largest batch 2^8, and the peak is known to a factor of ${factor} only: measure larger batches.`,
    })
  })

  it("is another form's doing, or flat, where it lies inside", () => {
    const inside = (rivals: Measured["rivals"], error = 0.05) => open(asked(one(octaves(6, 12), error), rivals).peak)
    expect(inside(["power", "constant"])).toMatchObject({
      reason: "other-form",
      message: `No peak stands out between 2^6 and 2^12 tokens: the data do not tell a bell from a form without a peak (${forms.power.title}, ${forms.constant.title}). Add batches further apart, seeds or finer rates.`,
      bound: { lower: expect.any(Number), upper: expect.any(Number), level },
    })
    expect(open(asked(one(octaves(6, 12), 0.05), ["power"], false).peak).message).toBe(
      `No peak stands out between 2^6 and 2^12 tokens: the data support a form without a peak (${forms.power.title}) and no bell. Add batches further apart, seeds or finer rates.`,
    )
    expect(inside(["constant", "power"]).reason).toBe("flat")
    expect(inside([], 0.8)).toMatchObject({
      reason: "flat",
      message: expect.stringMatching(/^No peak stands out .*: the peak is known to a factor of \d+ only\. Add batches/),
    })
  })
})

describe("an exponent of the bell", () => {
  const points = optima(trueLaw, { batches: octaves(5, 13), horizons: octaves(18, 22) })

  it("is a number where both ends are", () => {
    const { solved, measured } = asked(points)
    for (const [of, value] of [
      ["scale", 0.5],
      ["height", -0.2],
    ] as const) {
      const expected = exponentOf(solved, of, level)
      expect(exponentAt(solved, of, level, measured)).toEqual({
        _tag: "Estimate",
        value: expect.closeTo(value, 5),
        scale: "linear",
        standardError: expected.error,
        interval: { low: expected.ends.low, high: expected.ends.high, level },
        n: 45,
        notes: [],
      })
    }
  })

  it("is none where other forms live, but bounded if it is a bell", () => {
    const { solved, measured } = asked(points, ["power"])
    const found = open(exponentAt(solved, "scale", level, measured))
    const { ends } = exponentOf(solved, "scale", level)
    expect(found).toEqual({
      _tag: "NotIdentified",
      reason: "other-form",
      message: `Of a peak that grows nothing is known, since the data do not tell a bell from a form without a peak (${forms.power.title}): measure batches further out.`,
      points: 45,
      bound: { lower: ends.low, upper: ends.high, level },
    })
  })

  it("is bounded on one side only, or not at all, where the data leave it open", () => {
    const said = (some: ReadonlyArray<Optimum>, of: "scale" | "height") => {
      const { solved, measured } = asked(some)
      return { found: open(exponentAt(solved, of, level, measured)), ends: exponentOf(solved, of, level).ends }
    }
    const vague = said(
      optima(trueLaw, { batches: octaves(7, 10), horizons: [2 ** 20, 2 ** 20.5, 2 ** 21], error: 4 }),
      "scale",
    )
    expect(vague.ends).toEqual({ low: -Infinity, high: Infinity })
    expect(vague.found).toEqual({
      _tag: "NotIdentified",
      reason: "ill-conditioned",
      message: "The exponent of the peak is unbounded: measure batches on both sides of the peak at more horizons.",
      points: 12,
    })
    // A peak that leaves the batches as the horizon grows: it grows at least so fast.
    const leaving = said(
      optima(
        { ...trueLaw, batchGrowth: 4, etaGrowth: 0 },
        { batches: octaves(6, 10), horizons: [2 ** 20, 2 ** 20.5, 2 ** 21], error: 0.2 },
      ),
      "scale",
    )
    expect(leaving.ends.high).toBe(Infinity)
    expect(leaving.found.bound).toEqual({ lower: leaving.ends.low, level })
    expect(leaving.found.message).toBe(
      "The exponent of the peak is bounded on one side only: measure batches on both sides of the peak at more horizons.",
    )
    expect(leaving.found.reason).toBe("ill-conditioned")
  })

  it("names the height where that is what is open", () => {
    const { solved, measured } = asked(
      optima(trueLaw, { batches: octaves(7, 10), horizons: [2 ** 20, 2 ** 20.1, 2 ** 20.2], error: 4 }),
    )
    expect(open(exponentAt(solved, "height", level, measured)).message).toMatch(/^The exponent of the height is /)
  })
})
