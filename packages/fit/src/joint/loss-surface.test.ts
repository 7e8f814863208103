import { describe, expect, it } from "vitest"
import { octaves, simulate, lossAt as simulated, type Truth } from "../../test/simulate.ts"
import { fitLaw } from "../fit-law.ts"
import { predict } from "../predict.ts"
import { isEstimate, type Result } from "../result.ts"
import { lossAt } from "./loss-surface.ts"

const truth: Truth = {
  peakBatch: (t) => 2 ** 9 * (t / 2 ** 17) ** 0.6,
  peakEta: () => 2 ** -7,
  dataBatch: (t) => 2 ** 10 * (t / 2 ** 17) ** 0.5,
  noise: 0.003,
}
const grid = { batches: octaves(5, 12), horizons: octaves(15, 20), etas: octaves(-10.5, -4.5) }

const holds = (result: Result, value: number) =>
  isEstimate(result) && result.interval !== undefined && result.interval.low <= value && value <= result.interval.high

const surfaceOf = (rows: Parameters<typeof fitLaw>[0]) => {
  const law = fitLaw(rows, { resamples: 0, noise: 0.003 })
  if (law.lossSurface._tag !== "LossSurface") throw new Error(law.lossSurface.message)
  return { law, surface: law.lossSurface }
}

describe("the law of the lowest loss", () => {
  it("needs twice the data at the balance batch, whatever the horizon", () => {
    const p = [1.5, 0, 0.3, Math.log(2 ** 10), 0.5]
    for (const t of [-2, 0, 3]) {
      const lnBalance = p[3] + p[4] * t
      const vanishing = lossAt(p, -50, t, 0)
      expect(lossAt(p, lnBalance, t, 0)).toBeCloseTo(1.5 + Math.exp(-0.3 * (t - Math.LN2)), 12)
      expect(vanishing).toBeCloseTo(1.5 + Math.exp(-0.3 * t), 12)
    }
  })

  it("comes back from a study without noise", () => {
    const { surface, law } = surfaceOf(simulate({ ...truth, noise: 0 }, grid, 1))
    const value = (result: Result) => (isEstimate(result) ? result.value : NaN)
    expect(value(surface.floor)).toBeCloseTo(1.5, 3)
    expect(value(surface.exponent)).toBeCloseTo(0.3, 3)
    expect(value(surface.growth)).toBeCloseTo(0.5, 2)
    expect(value(surface.balanceBatch) / (truth.dataBatch?.(surface.reference) ?? NaN)).toBeCloseTo(1, 2)
    expect(value(predict(law, { tokens: 2 ** 23, batch: 2 ** 9 }).loss)).toBeCloseTo(
      simulated(truth, 2 ** 9, 2 ** 23),
      3,
    )
  })

  it("covers its parameters and the loss eight times further about as often as it says", () => {
    const studies = 60
    const hits = { floor: 0, exponent: 0, growth: 0, balance: 0, loss: 0 }
    for (let k = 0; k < studies; k++) {
      const { law, surface } = surfaceOf(simulate(truth, grid, 100 + k))
      if (holds(surface.floor, 1.5)) hits.floor++
      if (holds(surface.exponent, 0.3)) hits.exponent++
      if (holds(surface.growth, 0.5)) hits.growth++
      if (holds(surface.balanceBatch, truth.dataBatch?.(surface.reference) ?? NaN)) hits.balance++
      if (holds(predict(law, { tokens: 2 ** 23, batch: 2 ** 8 }).loss, simulated(truth, 2 ** 8, 2 ** 23))) hits.loss++
    }
    // 90 % of 60 is 54 with a standard deviation of 2.3.
    for (const count of Object.values(hits)) expect(count).toBeGreaterThanOrEqual(47)
  })

  it("bounds the balance batch from below where batches cost no data", () => {
    const { surface } = surfaceOf(simulate({ ...truth, dataBatch: () => 2 ** 30 }, grid, 2))
    expect(surface.balanceBatch).toMatchObject({ reason: "not-reached" })
    expect(surface.growth).toMatchObject({ reason: "not-reached" })
  })

  it("takes up a scatter of cells that the noise does not explain", () => {
    const rows = simulate(truth, grid, 3).map((row) => ({
      ...row,
      loss: row.loss + 0.02 * Math.sin(7 * Math.log(row.batch) + 3 * Math.log(row.tokens)),
    }))
    const { surface } = surfaceOf(rows)
    expect(surface.scatter).toBeGreaterThan(0.007)
    expect(surface.scatter).toBeLessThan(0.03)
  })

  it("has no floor where losses fall in a straight line of ln T, and predicts all the same", () => {
    const rows = simulate({ ...truth, dataBatch: () => 2 ** 9 }, grid, 4).map((row) => ({
      ...row,
      loss:
        row.loss -
        simulated({ ...truth, dataBatch: () => 2 ** 9 }, row.batch, row.tokens) +
        5 -
        0.2 * Math.log(row.tokens / (1 + row.batch / 2 ** 9)),
    }))
    const { surface, law } = surfaceOf(rows)
    expect(surface.floor).toMatchObject({ reason: "ill-conditioned" })
    expect(surface.exponent).toMatchObject({ reason: "ill-conditioned" })
    const { balanceBatch } = surface
    expect(isEstimate(balanceBatch) && Math.abs(Math.log2(balanceBatch.value) - 9)).toBeLessThan(0.2)
    const { loss } = predict(law, { tokens: 2 ** 22, batch: 2 ** 8 })
    expect(isEstimate(loss) && Math.abs(loss.value - (5 - 0.2 * Math.log(2 ** 22 / 1.5)))).toBeLessThan(0.02)
  })

  it("says what is missing", () => {
    const law = (some: Partial<typeof grid>) =>
      fitLaw(simulate(truth, { ...grid, ...some }, 1), { resamples: 0 }).lossSurface
    expect(law({ batches: [2 ** 7, 2 ** 8] })).toMatchObject({ reason: "too-few-batches" })
    expect(law({ horizons: [2 ** 16, 2 ** 18] })).toMatchObject({ reason: "too-few-horizons" })
    expect(fitLaw([]).lossSurface).toMatchObject({ reason: "too-few-cells" })
    expect(predict(fitLaw([]), { tokens: 1000, batch: 10 }).loss).toMatchObject({ reason: "too-few-cells" })
  })
})
