import { describe, expect, it } from "vitest"
import { rangeSensitivity } from "./range-sensitivity.ts"
import { isEstimate } from "./result.ts"
import { InvalidOptionError } from "./validate.ts"

/** The rates of the paper. */
const etas = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1]
const range = { initialLoss: 10, from: 3e-4, to: 3e-1 }
const sweep = (losses: ReadonlyArray<number>) => losses.map((loss, i) => ({ eta: etas[i], loss }))
const value = (losses: ReadonlyArray<number>) => {
  const found = rangeSensitivity(sweep(losses), range)
  return isEstimate(found) ? found.value : Number.NaN
}

describe("rangeSensitivity", () => {
  it("is the mean loss above the best of the sweep", () => {
    expect(value([3.5, 3.2, 3, 2.9, 3, 3.3, 3.8])).toBeCloseTo((0.6 + 0.3 + 0.1 + 0 + 0.1 + 0.4 + 0.9) / 7, 12)
  })

  it("counts what diverged, or ends above the start, as the initial loss", () => {
    const expected = (0 + 0 + 0 + 0 + 7 + 7 + 7) / 7
    expect(value([3, 3, 3, 3, Number.NaN, 25, Infinity])).toBeCloseTo(expected, 12)
  })

  it("is zero for a model that is at random whatever the rate, as the paper warns", () => {
    expect(value([10, 11, 12, Number.NaN, 10, 10, 10])).toBe(0)
  })

  it("averages repeats of a rate before the minimum, and leaves out rates beyond the range", () => {
    const runs = [...sweep([3.1, 3, 3, 3, 3, 3, 3.2]), { eta: 3e-4, loss: 3.3 }, { eta: 1, loss: 9 }]
    const found = rangeSensitivity(runs, range)
    expect(isEstimate(found) && found.value).toBeCloseTo((0.2 + 0.2) / 7, 12)
    expect(found).toMatchObject({ n: 8 })
  })

  it("does not take a part of the range for the whole", () => {
    expect(rangeSensitivity(sweep([3, 3, 3]), range)).toMatchObject({ reason: "edge-high" })
    expect(rangeSensitivity(sweep([3, 3, 3, 3, 3, 3, 3]).slice(3), range)).toMatchObject({ reason: "edge-low" })
    expect(rangeSensitivity([], range)).toMatchObject({ reason: "no-data" })
    expect(rangeSensitivity(sweep([3]), range)).toMatchObject({ reason: "too-few-points" })
    expect(() => rangeSensitivity(sweep([3, 3]), { ...range, initialLoss: 0 })).toThrow(InvalidOptionError)
  })
})
