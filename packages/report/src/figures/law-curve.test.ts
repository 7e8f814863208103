import { bellEta, fitLaw } from "@ts/fit"
import { describe, expect, it } from "vitest"
import { bellStudy, quickstart } from "../../test/studies.ts"
import { lawAt, lawCurves } from "./law-curve.ts"

const bell = bellStudy().law
const undecided = quickstart().law
const range = { measured: [6, 12], drawn: [5, 13] } as const

describe("the curve of a law", () => {
  it("follows the bell that the losses were drawn from, also beyond the measured batches", () => {
    for (const tokens of [2 ** 20, 2 ** 24]) {
      const curve = lawCurves(bell, tokens, { measured: [5, 13], drawn: [4, 14] }).get("bell")
      if (curve === undefined) throw new Error("the study has a law")
      const points = [...curve.inside, ...curve.outside.flat()]
      expect(points.length).toBeGreaterThan(20)
      const peak = 2 ** 8.5 * (tokens / 2 ** 20) ** 0.6
      for (const { x, y, low, high } of points) {
        expect(Math.abs(y - Math.log2(bellEta(2 ** x, peak, 2 ** -7)))).toBeLessThan(0.15)
        expect(low).toBeLessThan(y)
        expect(high).toBeGreaterThan(y)
      }
    }
  })

  it("is there in every possible form where no peak is identified, full between the measured batches and dashed beyond", () => {
    const curves = lawCurves(undecided, 2 ** 19, range)
    expect([...curves.keys()].sort()).toEqual(["bell", "saturating-sqrt"])
    for (const { inside, outside } of curves.values()) {
      expect([inside[0]?.x, inside.at(-1)?.x]).toEqual([6, 12])
      expect(outside.map((piece) => [piece[0]?.x, piece.at(-1)?.x])).toEqual([
        [5, 6],
        [12, 13],
      ])
    }
  })

  it("is the law's at a batch that was measured too", () => {
    const at = (octave: number) => lawAt(undecided, 2 ** 19)(octave).get("bell")
    const [left, own, right] = [at(7.99), at(8), at(8.01)]
    if (left === undefined || own === undefined || right === undefined) throw new Error("the study has a law")
    expect(own.y).toBeCloseTo((left.y + right.y) / 2, 4)
    expect(own.high - own.low).toBeCloseTo((left.high - left.low + right.high - right.low) / 2, 2)
  })

  it("says nothing more than a factor of four beyond the batches, and nothing without a law", () => {
    expect(lawAt(undecided, 2 ** 19)(14.5).size).toBe(0)
    expect(lawAt(fitLaw([]), 2 ** 19)(8).size).toBe(0)
  })
})
