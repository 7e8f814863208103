import { describe, expect, it } from "vitest"
import { estimate, halves, measure, quadratic, reason, rises } from "../test/profiles.ts"
import { octaves } from "../test/simulate.ts"
import { profileMinimum } from "./profile.ts"
import { isEstimate } from "./result.ts"

describe("the window's width", () => {
  const wide = octaves(-11, -5, 0.5)
  const used = (options: Parameters<typeof profileMinimum>[1], curvature = 0.06) =>
    profileMinimum(measure(wide, quadratic(2 ** -8, curvature)), options).points.filter((p) => p.use === "window")
      .length

  it("is an octave on both sides unless told", () => {
    expect(used({})).toBe(5)
    expect(used({ window: 2 })).toBe(9)
    expect(used({ noise: 0.001 })).toBe(5)
  })

  it("grows by an octave, and by another, where the noise leaves the curvature in doubt", () => {
    // Var c of y = a + b z + c z^2 / 2 on n points; a known noise must leave c above 1.645 errors.
    const limit = (radius: number) => {
      const z = octaves(-radius, radius, 0.5).map((v) => Math.log2(v) * Math.LN2)
      const m2 = z.reduce((sum, v) => sum + v * v, 0) / z.length
      return ((0.06 / 2) * Math.sqrt(z.reduce((sum, v) => sum + (v * v - m2) ** 2, 0))) / 1.6448536269514722
    }
    const [one, two, three] = [1, 2, 3].map(limit)
    expect([0.99 * one, 1.01 * one, 0.99 * two, 1.01 * two, 0.99 * three].map((noise) => used({ noise }))).toEqual([
      5, 9, 9, 13, 13,
    ])
    const none = profileMinimum(measure(wide, quadratic(2 ** -8)), { noise: 1.01 * three })
    expect(reason(none.eta)).toMatchObject({ reason: "no-minimum", points: 13 })
    expect(reason(none.eta).message).toMatch(/above a noise of/)
  })

  it("does not grow where no noise is known: a vertex beyond the window's ends is none", () => {
    for (const values of [
      [0.9, 0.89, 0, 0.001, 0.002],
      [0.002, 0.001, 0, 0.89, 0.9],
    ]) {
      const found = profileMinimum(rises(halves, values))
      expect(reason(found.eta)).toMatchObject({ reason: "no-minimum", points: 5 })
      expect(reason(found.eta).message).not.toMatch(/noise of/)
      expect(reason(found.loss).reason).toBe("no-minimum")
      expect(found.parabola).toBeUndefined()
      expect(found.points.every((p) => p.use === "outside-window")).toBe(true)
    }
  })

  it("does not grow for them either where farther points would help", () => {
    const octavesAbout = [-2, -1.5, ...halves, 1.5, 2]
    const values = [0.95, 0.92, 0.9, 0.89, 0, 0.001, 0.002, 0.3, 0.6]
    expect(isEstimate(profileMinimum(rises(octavesAbout, values), { window: 2 }).eta)).toBe(true)
    expect(reason(profileMinimum(rises(octavesAbout, values)).eta).reason).toBe("no-minimum")
  })

  it("finds no minimum in points that bend down about it", () => {
    expect(reason(profileMinimum(rises(halves, [0.09, 0.9, 0, 0.9, 0.09]), { noise: 0.27 }).eta).reason).toBe(
      "no-minimum",
    )
  })

  it("counts repeats among the points", () => {
    const repeated = [...rises(halves, [0.09, 0.9, 0, 0.9, 0.09]), ...rises([0.5], [0.9])]
    expect(reason(profileMinimum(repeated, { noise: 0.27 }).eta).points).toBe(6)
  })
})

describe("an interval's end", () => {
  it("is open beyond two octaves outside the window, and only there", () => {
    const losses = measure(octaves(-9, -7), quadratic(2 ** -8.3, 0.06))
    const ends = (noise: number) => estimate(profileMinimum(losses, { noise }).eta).interval
    const lows: Array<number> = []
    const highs: Array<number> = []
    for (let noise = 0.001; noise < 0.03; noise += 0.0001) {
      const found = profileMinimum(losses, { noise }).eta
      if (!isEstimate(found)) break
      lows.push(Math.log2(found.interval?.low as number))
      highs.push(Math.log2(found.interval?.high as number))
    }
    expect(lows.length).toBeGreaterThan(20)
    const closed = (values: ReadonlyArray<number>) => values.filter(Number.isFinite)
    // The minimum lies nearer to the low end, which opens first; both come close to the limit before they do.
    expect(Math.min(...closed(lows))).toBeGreaterThan(-11)
    expect(Math.min(...closed(lows))).toBeLessThan(-10.8)
    expect(Math.max(...closed(highs))).toBeLessThan(-5)
    expect(lows).toContain(Number.NEGATIVE_INFINITY)
    expect(ends(0.001)?.low).toBeGreaterThan(0)
    expect(ends(0.001)?.high).toBeLessThan(1)
    const mirrored = measure(octaves(-9, -7), quadratic(2 ** -7.7, 0.06))
    const high = (noise: number) => estimate(profileMinimum(mirrored, { noise }).eta).interval?.high as number
    for (let i = 0; i < lows.length; i++) expect(Math.log2(high(0.001 + 0.0001 * i))).toBeCloseTo(-16 - lows[i], 6)
  })
})

describe("the note of asymmetry", () => {
  const notes = (at: ReadonlyArray<number>, values: ReadonlyArray<number>) =>
    estimate(profileMinimum(rises(at, values)).eta).notes.length

  it("is made where one side rises ten times as fast", () => {
    expect(notes([-1, 0, 1], [0.01, 0, 0.0999])).toBe(0)
    expect(notes([-1, 0, 1], [0.01, 0, 0.1001])).toBe(1)
    expect(notes([-1, 0, 1], [0.1001, 0, 0.01])).toBe(1)
    expect(notes([-1, 0, 1], [0.0999, 0, 0.01])).toBe(0)
  })

  it("compares rises over equal distances", () => {
    expect(notes([-0.5, 0, 1], [0.01, 0, 0.399])).toBe(0)
    expect(notes([-0.5, 0, 1], [0.01, 0, 0.401])).toBe(1)
    expect(notes([-1, 0, 0.5], [0.399, 0, 0.01])).toBe(0)
    expect(notes([-1, 0, 0.5], [0.401, 0, 0.01])).toBe(1)
  })

  it("is left to the residual where there are more than five points", () => {
    const lopsided = [0.05, 0.01, 0, 0.11, 0.3]
    expect(notes(halves, lopsided)).toBe(1)
    expect(notes([-0.75, ...halves], [0.02, ...lopsided])).toBe(0)
  })
})
