import { expect, it } from "vitest"
import { costOfTwice } from "./skew.ts"

it("the cost of twice the rate against half of it, by the closed form of the curve", () => {
  expect(costOfTwice(0)).toBeCloseTo(1, 12)
  // (2^s - 1 - s ln 2) / (2^-s - 1 + s ln 2) at s = 1 and s = 2.
  expect(costOfTwice(1)).toBeCloseTo((1 - Math.LN2) / (Math.LN2 - 0.5), 12)
  expect(costOfTwice(2)).toBeCloseTo((3 - 2 * Math.LN2) / (2 * Math.LN2 - 0.75), 12)
  expect(costOfTwice(-1) * costOfTwice(1)).toBeCloseTo(1, 12)
})
