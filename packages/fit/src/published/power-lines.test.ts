import { describe, expect, it } from "vitest"
import { powerLinesBatch, powerLinesDecay, powerLinesDecayFromReference } from "./power-lines.ts"

describe("Power Lines", () => {
  it("gives about the timescale reported at 610M parameters and 20 tokens per parameter", () => {
    // The coefficient is the one quoted for the paper; the paper's own runs there are reported to prefer 0.21.
    const run = { size: 610e6, tokens: 20 * 610e6, batch: 2 ** 19, eta: 2e-3, coefficients: { timescale: 1.084 } }
    const { timescale } = powerLinesDecay.evaluate(run)
    expect(Math.abs((timescale ?? 0) / 0.21 - 1)).toBeLessThan(0.1)
  })

  it("has a decay linear in B, and B / (eta lambda D) = tau", () => {
    const run = { size: 1e9, tokens: 1e11, batch: 2 ** 20, eta: 1e-3, coefficients: { timescale: 2 } }
    const one = powerLinesDecay.evaluate(run)
    expect(2 ** 20 / (1e-3 * (one.weightDecay ?? 0) * 1e11)).toBeCloseTo(one.timescale ?? 0, 12)
    const double = powerLinesDecay.evaluate({ ...run, batch: 2 ** 21 })
    expect((double.weightDecay ?? 0) / (one.weightDecay ?? 0)).toBeCloseTo(2, 12)
    // 100 tokens per parameter: 2 * 100^-0.527.
    expect(one.timescale).toBeCloseTo(2 * 10 ** -1.054, 12)
  })

  it("agrees with itself from a reference that obeys it, within its band", () => {
    const coefficients = { timescale: 1.7 }
    const reference = { size: 1e8, tokens: 2e9, batch: 2 ** 17, eta: 4e-3 }
    const { weightDecay } = powerLinesDecay.evaluate({ ...reference, coefficients })
    const run = { size: 3e9, tokens: 6e11, batch: 2 ** 22, eta: 1e-3 }
    const direct = powerLinesDecay.evaluate({ ...run, coefficients })
    const found = powerLinesDecayFromReference.evaluate({
      ...run,
      reference: { ...reference, weightDecay: weightDecay ?? 0 },
    })
    expect((found.weightDecay ?? 0) / (direct.weightDecay ?? 1)).toBeCloseTo(1, 10)
    const [low, high] = found.ranges?.weightDecay ?? [0, 0]
    expect(low).toBeLessThan(found.weightDecay ?? 0)
    expect(high).toBeGreaterThan(found.weightDecay ?? 0)
    // Ten times the tokens per parameter: 10^(0.529 - 0.507) between the ends of the band.
    expect(Math.log10(high / low)).toBeCloseTo(0.022, 10)
  })

  it("grows the batch by 2.4 for ten times the data", () => {
    const at = (tokens: number) => powerLinesBatch.evaluate({ tokens, coefficients: { bestBatch: 60 } }).batch ?? 0
    expect(at(1e11) / at(1e10)).toBeCloseTo(2.4, 1)
  })
})
