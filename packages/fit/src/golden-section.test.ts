import { expect, it } from "vitest"
import { goldenSection } from "./golden-section.ts"

it("finds the minimum inside, and the nearer end where there is none", () => {
  expect(goldenSection((x) => (x - 0.3) ** 2, -1, 2, 1e-7)).toBeCloseTo(0.3, 6)
  expect(goldenSection((x) => Math.abs(x - 1.7), -1, 2, 1e-9)).toBeCloseTo(1.7, 8)
  expect(goldenSection((x) => x, -1, 2, 1e-9)).toBeCloseTo(-1, 8)
  expect(goldenSection((x) => -x, -1, 2, 1e-9)).toBeCloseTo(2, 8)
})

it("asks no more often than its tolerance needs", () => {
  let calls = 0
  const found = goldenSection(
    (x) => {
      calls++
      return (x - 1) ** 2
    },
    0,
    4,
    0.1,
  )
  expect(Math.abs(found - 1)).toBeLessThan(0.1)
  // 4 * 0.618^k < 0.1 needs k = 8, after the first two.
  expect(calls).toBe(10)
})
