import { type Bound, isEstimate, notIdentified, type Parabola } from "@ts/fit"
import { describe, expect, it } from "vitest"
import { quickstart } from "../../test/studies.ts"
import { ownCells } from "../law-view.ts"
import { barOf, boundOf } from "./bars.ts"
import { levelColor, rampCss, steps } from "./palette.ts"
import { ceiling, profileMarks } from "./profile-data.ts"
import { octaveAxis, raised } from "./scale.ts"

const cells = ownCells(quickstart().law)

describe("scales", () => {
  it("puts ticks at whole octaves, and finer where a range holds none", () => {
    expect(octaveAxis("B", [5.6, 12.4]).ticks).toEqual([6, 7, 8, 9, 10, 11, 12])
    expect(octaveAxis("B", [4, 40], 9).ticks).toEqual([4, 8, 12, 16, 20, 24, 28, 32, 36, 40])
    expect(octaveAxis("eta", [-7.3, -6.9], 9).ticks).toContain(-7)
    expect(octaveAxis("eta", [-7.3, -6.9], 9).ticks.length).toBeGreaterThan(2)
  })

  it("writes powers with raised exponents", () => {
    expect(raised("2^-11")).toBe("2⁻¹¹")
    expect(raised("T = 1.5M")).toBe("T = 1.5M")
  })
})

describe("palette", () => {
  it("has its ends at the ends of the ramp", () => {
    expect(rampCss(0, 1)).toMatch(/^--c0:#440154;.*--c11:#fde725;$/)
    expect(levelColor(0, 5)).toBe("var(--c0)")
    expect(levelColor(4, 5)).toBe(`var(--c${steps - 1})`)
  })
})

describe("bars", () => {
  it("give log2 of value and interval, or a bound, and never both", () => {
    for (const { eta } of cells) {
      const bar = barOf(1, eta)
      expect(bar === undefined).toBe(!isEstimate(eta))
      if (isEstimate(eta)) {
        expect(bar?.y).toBe(Math.log2(eta.value))
        expect(boundOf(1, eta)).toBeUndefined()
      }
    }
  })

  it("give no bound that says nothing", () => {
    const bound = (ends: Bound) => boundOf(1, notIdentified("not-reached", "m", 3, ends))
    expect(bound({ lower: 4 })).toEqual({ x: 1, y: 2, arrow: "↑" })
    expect(bound({ upper: 4 })).toEqual({ x: 1, y: 2, arrow: "↓" })
    for (const ends of [{ lower: 0 }, { upper: Infinity }, { lower: 2, upper: 4 }, {}])
      expect(bound(ends)).toBeUndefined()
  })
})

describe("profileMarks", () => {
  it("puts the minimum on the curve, and every point somewhere", () => {
    const top = ceiling(cells)
    const marks = profileMarks(cells, top)
    const drawn = marks.fitted.length + marks.other.length + marks.above.length + marks.diverged.length
    expect(drawn).toBe(cells.reduce((sum, cell) => sum + cell.points.length, 0))
    for (const mark of marks.minimum) {
      const cell = cells.find((c) => c.batch === mark.batch && c.tokens === mark.tokens)
      expect(mark.y + (cell?.best?.loss ?? 0)).toBeCloseTo(isEstimate(cell!.loss) ? cell!.loss.value : 0, 12)
    }
    for (const mark of [...marks.fitted, ...marks.curve]) expect(mark.y).toBeLessThanOrEqual(top)
  })

  it("draws the skewed curve that was fitted, by its own formula", () => {
    const skewed = cells.filter((cell) => Math.abs(cell.parabola?.skew ?? 0) > 0.05)
    expect(skewed.length).toBeGreaterThan(0)
    for (const { batch, tokens, best, parabola } of skewed) {
      const { center, minimum, curvature, skew } = parabola as Parabola
      const own = profileMarks(cells, 10).curve.filter((m) => m.batch === batch && m.tokens === tokens)
      expect(own.length).toBeGreaterThan(20)
      for (const { x, y } of own) {
        const z = x * Math.LN2 - Math.log(center)
        const loss = minimum + (curvature * (Math.exp(skew * z) - 1 - skew * z)) / skew ** 2
        expect(y + (best?.loss ?? 0)).toBeCloseTo(loss, 9)
      }
    }
  })

  it("leaves the bar of an optimum out on a side that is open", () => {
    const [cell] = cells.filter((c) => isEstimate(c.eta))
    if (cell === undefined || !isEstimate(cell.eta)) throw new Error("the study has one")
    const open = { ...cell, eta: { ...cell.eta, interval: { low: 0, high: Number.POSITIVE_INFINITY, level: 0.9 } } }
    const [mark] = profileMarks([open], 1).minimum
    expect([mark?.low, mark?.high]).toEqual([mark?.x, mark?.x])
  })
})
