import { describe, expect, it } from "vitest"
import { octaves, simulate, type Truth } from "../test/simulate.ts"
import { bellEta } from "./bell.ts"
import { fitLaw } from "./fit-law.ts"
import { predict } from "./predict.ts"
import { type Estimate, isEstimate, type Result } from "./result.ts"

const truth: Truth = {
  peakBatch: (t) => 2 ** 9 * (t / 2 ** 17) ** 0.6,
  peakEta: (t) => 2 ** -7 * (t / 2 ** 17) ** 0.05,
  dataBatch: (t) => 2 ** 9 * (t / 2 ** 17) ** 0.47,
  noise: 0.003,
}
const grid = { batches: octaves(5, 12), horizons: octaves(15, 19), etas: octaves(-10.5, -4.5, 0.5) }

const number = (result: Result): Estimate => {
  if (!isEstimate(result)) throw new Error(result.message)
  return result
}
const halfWidth = (result: Result) => {
  const { interval } = number(result)
  return interval === undefined ? NaN : Math.log2(interval.high / interval.low) / 2
}

describe("where the bell is identified", () => {
  const law = fitLaw(simulate(truth, grid, 1), { resamples: 40, conditions: { optimizer: "adamw" } })

  it("predicts eta by it, eight times further, and says so", () => {
    const tokens = 2 ** 22
    for (const batch of [2 ** 7, 2 ** 9, 2 ** 12]) {
      const advice = predict(law, { tokens, batch })
      const best = bellEta(batch, truth.peakBatch(tokens), truth.peakEta(tokens))
      expect(Math.abs(Math.log2(number(advice.eta).value / best))).toBeLessThan(0.4)
      expect(halfWidth(advice.eta)).toBeLessThan(1)
      expect(advice).toMatchObject({
        tokens,
        extrapolation: { tokens: 8, batch: 1 },
        conditions: { optimizer: "adamw" },
      })
      expect(advice.method).toBe("Batch as asked for; eta by the law fitted to all profiles, a bell.")
    }
  })

  it("widens the further it goes, and so does the regret", () => {
    const near = predict(law, { tokens: 2 ** 20, batch: 2 ** 9 })
    const far = predict(law, { tokens: 2 ** 26, batch: 2 ** 9 })
    expect(halfWidth(far.eta)).toBeGreaterThan(1.5 * halfWidth(near.eta))
    expect(number(far.regret).value).toBeGreaterThan(number(near.regret).value)
  })

  it("has a regret of half the curvature times the variance", () => {
    const { eta, regret } = predict(law, { tokens: 2 ** 20, batch: 2 ** 9 })
    const expected = 0.5 * 0.06 * (number(eta).standardError as number) ** 2
    expect(number(regret).value / expected).toBeGreaterThan(0.7)
    expect(number(regret).value / expected).toBeLessThan(1.4)
    expect(number(regret).interval?.low).toBe(0)
  })

  it("recommends a batch by the overhead law where the loss-optimal one is only a bound", () => {
    const advice = predict(law, { tokens: 2 ** 21 })
    expect(advice.method).toMatch(/^Batch by the power law of the 20 %-overhead batch/)
    expect(number(advice.batch).value).toBeGreaterThan(2 ** 7)
    expect(number(advice.batch).value).toBeLessThan(2 ** 10)
    expect(isEstimate(advice.eta)).toBe(true)
  })

  it("has no loss where its interval reaches down to none", () => {
    const target = { tokens: 2 ** 20, batch: 2 ** 9 }
    const { lossSurface } = law
    if (lossSurface._tag !== "LossSurface") throw new Error(lossSurface.message)
    expect(number(predict(law, target).loss).interval!.low).toBeGreaterThan(0)
    const vague = { ...law, lossSurface: { ...lossSurface, covariance: lossSurface.covariance.map((c) => 1e12 * c) } }
    expect(predict(vague, target).loss).toMatchObject({ _tag: "NotIdentified", reason: "ill-conditioned" })
  })

  it("lets a measured cell speak for itself", () => {
    const advice = predict(law, { tokens: 2 ** 17, batch: 2 ** 8 })
    const cell = law.cells.find((c) => c.tokens === 2 ** 17 && c.batch === 2 ** 8)
    expect(advice.eta).toEqual(cell?.eta)
    expect(advice.extrapolation).toEqual({ tokens: 1, batch: 1 })
  })

  it("refuses batches far outside the measured ones, and bad targets", () => {
    expect(predict(law, { tokens: 2 ** 20, batch: 2 ** 16 }).eta).toMatchObject({ _tag: "NotIdentified" })
    expect(predict(law, { tokens: 2 ** 20, batch: 2 ** 16 }).extrapolation.batch).toBe(16)
    expect(() => predict(law, { tokens: 0 })).toThrow("tokens is 0")
    expect(() => predict(law, { tokens: 1, batch: NaN })).toThrow("batch is NaN")
  })
})

describe("where it is not", () => {
  const rising: Truth = { ...truth, eta: (b, t) => 2 ** -9 * (b / 64) ** 0.4 * (t / 2 ** 17) ** -0.2 }
  const rows = simulate(rising, { ...grid, batches: octaves(6, 9) }, 2)
  const law = fitLaw(rows, { resamples: 40 })

  it("predicts by the form that the data name, with the truth within its interval", () => {
    expect(law.powerLaws.peakBatch.exponent._tag).toBe("NotIdentified")
    const advice = predict(law, { tokens: 2 ** 22, batch: 2 ** 8 })
    const best = 2 ** -9 * 4 ** 0.4 * 2 ** (5 * -0.2)
    const { interval } = number(advice.eta)
    expect(law.forms.verdict).toEqual({ form: "power" })
    expect(advice.method).toMatch(/profiles, a power of B/)
    expect(interval !== undefined && interval.low < best && best < interval.high).toBe(true)
  })

  it("names the largest batch known to be safe where no batch law is identified", () => {
    const two = fitLaw(
      rows.filter((row) => row.tokens >= 2 ** 18),
      { resamples: 0 },
    )
    const advice = predict(two, { tokens: 2 ** 22 })
    expect(advice.batch).toMatchObject({ reason: "depends" })
    expect(advice.batch._tag === "NotIdentified" && advice.batch.message).toMatch(
      /largest measured batch known to be safe is 2\^\d+ tokens, at 2\^\d+ tokens/,
    )
    expect(advice.eta).toMatchObject({ reason: "depends" })
    expect(advice.regret).toMatchObject({ reason: "depends" })
  })

  it("says nothing from nothing", () => {
    const advice = predict(fitLaw([]), { tokens: 1000 })
    expect(advice.batch._tag).toBe("NotIdentified")
    expect(advice.extrapolation).toEqual({ tokens: 1, batch: 1 })
    expect(predict(fitLaw([]), { tokens: 1000, batch: 10 }).eta).toMatchObject({ reason: "too-few-horizons" })
  })
})

it("covers the true rate at eight times the horizon about as often as it says", () => {
  const studies = 50
  let hits = 0
  for (let k = 0; k < studies; k++) {
    const rows = simulate(truth, { ...grid, batches: octaves(5, 11), horizons: octaves(15, 18) }, 500 + k)
    const advice = predict(fitLaw(rows, { resamples: 0 }), { tokens: 2 ** 21, batch: 2 ** 8 })
    const best = bellEta(2 ** 8, truth.peakBatch(2 ** 21), truth.peakEta(2 ** 21))
    const interval = isEstimate(advice.eta) ? advice.eta.interval : undefined
    if (interval !== undefined && interval.low <= best && best <= interval.high) hits++
  }
  expect(hits).toBeGreaterThanOrEqual(38)
})
