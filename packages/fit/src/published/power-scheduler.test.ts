import { describe, expect, it } from "vitest"
import { powerLawRate, powerScheduler } from "./power-scheduler.ts"

describe("power scheduler", () => {
  it("gives the rate worked out in the paper: 10e12 tokens in batches of 1024 sequences, 0.0011", () => {
    const { eta } = powerLawRate.evaluate({ tokens: 10e12, batch: 1024 * 4096 })
    expect(Number((eta ?? 0).toPrecision(2))).toBe(0.0011)
  })

  it.each([
    [2e9, 128, 0.0128],
    [256e9, 128, 0.0008],
    [128e9, 512, 0.0064],
  ])("lies within half a step of the measured grid at %d tokens and %d sequences: %d", (tokens, batch, measured) => {
    const { eta } = powerLawRate.evaluate({ tokens, batch: batch * 4096 })
    // The grid has factors of two.
    expect(Math.abs(Math.log2((eta ?? 0) / measured))).toBeLessThan(0.5)
  })

  it("is capped at 0.02 and falls like n^-0.51 afterwards", () => {
    const at = (tokens: number) => powerScheduler.evaluate({ tokens, batch: 512 * 4096 }).eta ?? 0
    expect(at(1e6)).toBe(0.02)
    expect(Math.log10(at(1e12) / at(1e11))).toBeCloseTo(-0.51, 12)
    expect(at(1e11)).toBeCloseTo(512 * 4 * 10 ** (-0.51 * 11), 12)
  })
})
