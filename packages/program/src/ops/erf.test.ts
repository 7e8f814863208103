import { describe, expect, it } from "vitest"
import { erf } from "./erf.ts"

describe("erf", () => {
  // C library values; Abramowitz & Stegun, table 7.1, has the same to its ten decimals.
  it.each([
    [0, 0],
    [0.1, 0.1124629160182849],
    [0.25, 0.2763263901682369],
    [0.5, 0.5204998778130465],
    [0.75, 0.7111556336535151],
    [1, 0.8427007929497149],
    [1.5, 0.9661051464753108],
    [2, 0.9953222650189527],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
    [4, 0.9999999845827421],
    [6, 1],
    [Number.POSITIVE_INFINITY, 1],
  ])("erf(%d) = %d", (x, value) => {
    expect(Math.abs(erf(x) - value)).toBeLessThanOrEqual(4e-16)
    expect(erf(-x)).toBe(-erf(x) || 0 - erf(x))
  })

  it("is 2 x / sqrt(pi) near zero, to relative precision", () => {
    for (const x of [1e-300, 1e-20, 1e-9]) expect(erf(x) / x).toBeCloseTo(2 / Math.sqrt(Math.PI), 15)
  })

  it("has no seam between its nodes", () => {
    for (let node = 0; node < 6 * 8; node++) {
      const seam = (node + 0.5) / 8
      const step = erf(seam + 1e-9) - erf(seam - 1e-9)
      expect(Math.abs(step - (2e-9 * 2 * Math.exp(-seam * seam)) / Math.sqrt(Math.PI))).toBeLessThan(1e-15)
    }
  })

  it("passes NaN on", () => expect(erf(Number.NaN)).toBeNaN())
})
