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
