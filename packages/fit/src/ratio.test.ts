import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { ratioInterval } from "./ratio.ts"
import { twoSided } from "./student.ts"

const plain = { varianceOfNumerator: 0, varianceOfDenominator: 0, covariance: 0 }

describe("ratioInterval", () => {
  it("is the numerator's interval over a denominator that is known", () => {
    const { low, high } = ratioInterval({ ...plain, numerator: 6, denominator: 2, varianceOfNumerator: 1 }, 0.9, 9)
    expect(low).toBeCloseTo((6 - twoSided(0.9, 9)) / 2, 12)
    expect(high).toBeCloseTo((6 + twoSided(0.9, 9)) / 2, 12)
  })

  it("inverts with the ratio, open ends included", () => {
    for (const denominator of [5, 1]) {
      const one = { numerator: 4, denominator, varianceOfNumerator: 1, varianceOfDenominator: 0.8, covariance: 0.3 }
      const other = {
        numerator: denominator,
        denominator: 4,
        varianceOfNumerator: 0.8,
        varianceOfDenominator: 1,
        covariance: 0.3,
      }
      const a = ratioInterval(one, 0.9, Infinity)
      const b = ratioInterval(other, 0.9, Infinity)
      expect(a.low * b.high).toBeCloseTo(1, 12)
      expect(1 / a.high).toBeCloseTo(b.low, 12)
    }
  })

  it("says nothing where neither mean is told from zero", () => {
    const found = ratioInterval(
      { numerator: 1, denominator: 1, varianceOfNumerator: 1, varianceOfDenominator: 1, covariance: 0 },
      0.9,
      Infinity,
    )
    expect(found).toEqual({ low: 0, high: Infinity })
  })

  it.each([
    [10, 0],
    [2, 0.7],
    [0.5, -0.5],
  ])("covers as often as it says, denominator %d standard errors from zero, correlation %d", (denominator, r) => {
    const draws = sequence(random(7, `ratio ${denominator}`))
    const studies = 4000
    let covered = 0
    for (let study = 0; study < studies; study++) {
      const [u, v] = [draws.normal(), draws.normal()]
      const { low, high } = ratioInterval(
        {
          numerator: 3 * denominator + u,
          denominator: denominator + r * u + Math.sqrt(1 - r * r) * v,
          varianceOfNumerator: 1,
          varianceOfDenominator: 1,
          covariance: r,
        },
        0.9,
        Infinity,
      )
      if (low <= 3 && 3 <= high) covered++
    }
    // Exact at 90 %; the cut at zero and the hull of an outside set can only add. Three standard errors of 4000 studies.
    expect(covered / studies).toBeGreaterThan(0.885)
    if (denominator === 10) expect(covered / studies).toBeLessThan(0.915)
  })
})
