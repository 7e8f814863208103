import { expect, it } from "vitest"
import { nonDecreasing } from "./isotonic.ts"
import { monotone } from "./monotone.ts"

it("pools adjacent violators", () => {
  expect(nonDecreasing([1, 3, 2, 4])).toEqual([1, 2.5, 2.5, 4])
  expect(nonDecreasing([3, 2, 1])).toEqual([2, 2, 2])
  expect(nonDecreasing([3, 2, 1], [4, 1, 1])).toEqual([2.5, 2.5, 2.5])
  expect(nonDecreasing([])).toEqual([])
})

it("passes through its knots, stays monotone, and keeps straight lines straight", () => {
  const x = [0, 1, 2.5, 3, 6]
  const y = [0, 0.1, 2, 2, 5]
  const f = monotone(x, y)
  for (const [i, v] of x.entries()) expect(f(v)).toBeCloseTo(y[i], 12)
  let last = -Infinity
  for (let v = -1; v <= 7; v += 0.01) {
    expect(f(v)).toBeGreaterThanOrEqual(last - 1e-12)
    last = f(v)
  }
  expect(monotone([0, 1, 4], [0, 2, 8])(2.7)).toBeCloseTo(5.4, 12)
  expect(monotone([0, 2], [1, 2])(1)).toBeCloseTo(1.5, 12)
  expect(monotone([0], [1])(5)).toBe(1)
})

it("follows a smooth curve far more closely than a chord", () => {
  const x = [0, 1, 2, 3, 4]
  const f = monotone(
    x,
    x.map((v) => -Math.exp(-v / 3)),
  )
  const chord = (-Math.exp(-1 / 3) - Math.exp(-2 / 3)) / 2
  expect(Math.abs(f(1.5) + Math.exp(-0.5))).toBeLessThan(0.1 * Math.abs(chord + Math.exp(-0.5)))
})

it("has the slopes of Fritsch and Butland, by hand", () => {
  // Slopes 1 and 2 over steps 1 and 2. Inside 9 / (5/1 + 4/2) = 9/7; at the ends (4 * 1 - 1 * 2) / 3 and (5 * 2 - 2 * 1) / 3.
  const f = monotone([0, 1, 3], [0, 1, 5])
  const hermite = (t: number, h: number, y0: number, y1: number, d0: number, d1: number) =>
    y0 * (1 - 3 * t ** 2 + 2 * t ** 3) +
    y1 * (3 * t ** 2 - 2 * t ** 3) +
    h * (d0 * (t - 2 * t ** 2 + t ** 3) + d1 * (t ** 3 - t ** 2))
  for (const t of [0.1, 0.25, 0.5, 0.9]) {
    expect(f(t)).toBeCloseTo(hermite(t, 1, 0, 1, 2 / 3, 9 / 7), 12)
    expect(f(1 + 2 * t)).toBeCloseTo(hermite(t, 2, 1, 5, 9 / 7, 8 / 3), 12)
  }
  // Unequal steps inside, of a longer sequence: 2, 1, 3 with slopes 1, 3, 1.
  const g = monotone([0, 2, 3, 6], [0, 2, 5, 8])
  const [left, right] = [9 / (4 / 1 + 5 / 3), 12 / (7 / 3 + 5 / 1)]
  for (const t of [0.2, 0.7]) expect(g(2 + t)).toBeCloseTo(hermite(t, 1, 2, 5, left, right), 12)
})

it("is flat where the sequence is, and straight between two points", () => {
  const f = monotone([0, 1, 2, 3], [0, 0, 1, 1])
  for (const v of [0.25, 0.5, 1]) expect(f(v)).toBe(0)
  for (const v of [2, 2.5, 3]) expect(f(v)).toBeCloseTo(1, 14)
  for (const t of [0.25, 0.5]) expect(f(1 + t)).toBeCloseTo(3 * t ** 2 - 2 * t ** 3, 12)
  const line = monotone([1, 3], [1, 2])
  for (const v of [1.25, 1.5, 2.9]) expect(line(v)).toBeCloseTo(1 + (v - 1) / 2, 12)
})

it("keeps its end values beyond the ends", () => {
  const f = monotone([0, 1, 3], [0, 1, 5])
  expect([f(-2), f(0), f(3), f(9)]).toEqual([0, 0, 5, 5])
  const one = monotone([2], [7])
  expect([one(1), one(2), one(3)]).toEqual([7, 7, 7])
})
