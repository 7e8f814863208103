import { describe, expect, it } from "vitest"
import { octaves, simulate, type Truth } from "../../test/simulate.ts"
import { fitLaw } from "../fit-law.ts"
import { isEstimate } from "../result.ts"

const truth = (peak: number, height = 1): Truth => ({
  peakBatch: (t) => peak * 2 ** 9 * (t / 2 ** 17) ** 0.6,
  peakEta: () => height * 2 ** -7,
  noise: 0.004,
  skew: 0.3,
})
const grid = { batches: octaves(5, 12), horizons: octaves(15, 18), etas: octaves(-11.5, -4.5) }

/** The second width has its peak and its height these factors from the first's. */
const compare = (k: number, peak: number, height = 1, some = grid) => {
  const rows = [
    ...simulate(truth(1), { ...some, widths: [64] }, k),
    ...simulate(truth(peak, height), { ...some, widths: [128] }, 1000 + k),
  ]
  return fitLaw(rows, { resamples: 0 }).widths[0].laws
}

describe("equivalence of the laws of two widths", () => {
  it("is claimed where they are one, and never at the margin more often than one time in twenty", () => {
    const studies = 40
    let same = 0
    let atMargin = 0
    for (let k = 0; k < studies; k++) {
      if (compare(k, 1)?.peakBatch.verdict === "equivalent") same++
      if (compare(k, 2 ** 0.5)?.peakBatch.verdict === "equivalent") atMargin++
    }
    expect(same).toBeGreaterThan(0.9 * studies)
    // 5 % of 40 is 2 with a standard deviation of 1.4.
    expect(atMargin).toBeLessThanOrEqual(6)
  })

  it("finds a difference where there is one, in octaves", () => {
    const laws = compare(1, 4, 2 ** 0.5)
    expect(laws?.peakBatch.verdict).toBe("different")
    expect(laws?.peakEta.verdict).toBe("different")
    const { difference, margin } = laws?.peakBatch ?? {}
    expect(margin).toBe(0.5)
    expect(difference !== undefined && isEstimate(difference) && Math.abs(difference.value - 2)).toBeLessThan(0.3)
    const height = laws?.peakEta.difference
    expect(height !== undefined && isEstimate(height) && Math.abs(height.value - 0.5)).toBeLessThan(0.1)
  })

  it("covers the true difference about as often as it says", () => {
    const studies = 60
    let hits = 0
    for (let k = 0; k < studies; k++) {
      const difference = compare(200 + k, 2 ** 0.3)?.peakBatch.difference
      const interval = difference !== undefined && isEstimate(difference) ? difference.interval : undefined
      if (interval !== undefined && interval.low <= 0.3 && 0.3 <= interval.high) hits++
    }
    // 90 % of 60 is 54 with a standard deviation of 2.3.
    expect(hits).toBeGreaterThanOrEqual(48)
  })

  it("is not identified from too few cells, or far from any peak", () => {
    expect(compare(1, 1, 1, { ...grid, batches: octaves(7, 8), horizons: [2 ** 16] })?.peakBatch).toMatchObject({
      verdict: "not identified",
      difference: { reason: "too-few-cells" },
    })
    expect(compare(1, 2 ** 12, 1, { ...grid, batches: octaves(2, 5) })?.peakBatch.verdict).not.toBe("equivalent")
  })
})
