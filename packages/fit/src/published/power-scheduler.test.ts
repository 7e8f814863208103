import { describe, expect, it } from "vitest"
import { powerLawRate, powerScheduler } from "./power-scheduler.ts"

describe("power scheduler", () => {
  it("is proportional to the batch and falls like T^-0.51", () => {
    const at = (tokens: number, batch: number) =>
      powerLawRate.evaluate({ tokens, batch, coefficients: { stableRate: 1e-3 } }).eta ?? 0
    expect(at(1e10, 2 ** 20) / at(1e10, 2 ** 18)).toBeCloseTo(4, 12)
    expect(Math.log10(at(1e12, 2 ** 20) / at(1e11, 2 ** 20))).toBeCloseTo(-0.51, 12)
    expect(at(1e10, 2 ** 20)).toBeCloseTo(1e-3 * 2 ** 20 * 10 ** -5.1, 12)
  })

  it("asks for what was not confirmed", () => {
    expect(() => powerLawRate.evaluate({ tokens: 1e10, batch: 1e6 } as never)).toThrow("coefficients.stableRate")
    expect(() => powerScheduler.evaluate({ tokens: 1e10 } as never)).toThrow("coefficients.scheduleBatchFactor")
  })

  it("is capped at 0.02 and falls like n^-0.51 afterwards", () => {
    const at = (tokens: number) =>
      powerScheduler.evaluate({ tokens, coefficients: { scheduleBatchFactor: 512 } }).eta ?? 0
    expect(at(1e6)).toBe(0.02)
    expect(Math.log10(at(1e12) / at(1e11))).toBeCloseTo(-0.51, 12)
    expect(at(1e11)).toBeCloseTo(512 * 4 * 10 ** (-0.51 * 11), 12)
  })
})
