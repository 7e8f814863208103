import { expect, it } from "vitest"
import { unexplainedVariance } from "./scatter.ts"

/** Misfit of a mean of points with errors 0.1 that scatter by more: sum of squares 4 about it, ten points. */
const misfitAt = (variance: number) => 4 / (0.01 + variance)

it("leaves the misfit at its degrees of freedom", () => {
  // 4 / (0.01 + v) = 9.
  for (const start of [1e-6, 0.1, 10]) expect(unexplainedVariance(misfitAt, 9, start)).toBeCloseTo(4 / 9 - 0.01, 3)
})

it("is zero where the known errors explain the misfit, up to one chance in ten", () => {
  // 90 % quantile of chi-squared with nine degrees of freedom: 14.68.
  expect(unexplainedVariance((v) => 14 / (1 + v), 9, 0.1)).toBe(0)
  expect(unexplainedVariance((v) => 15.5 / (1 + v), 9, 0.1)).toBeCloseTo(15.5 / 9 - 1, 3)
  expect(unexplainedVariance(misfitAt, 0, 0.1)).toBe(0)
})
