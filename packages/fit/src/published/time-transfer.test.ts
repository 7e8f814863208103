import { describe, expect, it } from "vitest"
import { timeTransferBatch, timeTransferPeak, timeTransferRate } from "./time-transfer.ts"

const peak = { eta: 0.01, batch: 2 ** 20, tokens: 2 ** 30 }

describe("time transfer", () => {
  it("passes through both published best batches", () => {
    expect(timeTransferBatch.evaluate({ tokens: 2 ** 30 }).batch).toBe(2 ** 18)
    expect(timeTransferBatch.evaluate({ tokens: 2 ** 35 }).batch).toBeCloseTo(2 ** 20, 6)
  })

  it("moves the peak like T^(1.0 +- 0.2), either way", () => {
    const octaves = (tokens: number) => {
      const { criticalBatch, ranges } = timeTransferPeak.evaluate({ tokens, peak })
      return [criticalBatch ?? 0, ...(ranges?.criticalBatch ?? [])].map((b) => Number(Math.log2(b).toFixed(12)))
    }
    expect(octaves(2 ** 35)).toEqual([25, 24, 26])
    expect(octaves(2 ** 25)).toEqual([15, 14, 16])
  })

  it("falls like 1/sqrt(T) far below the peak and rises like sqrt(T) far above it, at constant height", () => {
    const at = (batch: number, tokens: number) =>
      timeTransferRate.evaluate({ tokens, batch, peak, coefficients: { peakEtaExponent: 0 } }).eta ?? 0
    expect(at(2 ** 4, 2 ** 34) / at(2 ** 4, 2 ** 32)).toBeCloseTo(0.5, 4)
    expect(at(2 ** 40, 2 ** 26) / at(2 ** 40, 2 ** 24)).toBeCloseTo(2, 4)
    expect(at(2 ** 22, 2 ** 32)).toBeCloseTo(0.01, 12)
  })

  it("carries the published uncertainty of the exponent into the rate", () => {
    const { eta, ranges } = timeTransferRate.evaluate({
      tokens: 2 ** 35,
      batch: 2 ** 25,
      peak,
      coefficients: { peakEtaExponent: -0.1 },
    })
    const height = 0.01 * 2 ** -0.5
    // The batch is that of the peak, which may be one octave off: 2 / (sqrt(2) + sqrt(1/2)).
    expect(eta).toBeCloseTo(height, 14)
    expect(ranges?.eta?.[1]).toBeCloseTo(height, 14)
    expect(ranges?.eta?.[0]).toBeCloseTo((height * 2 * Math.SQRT2) / 3, 14)
  })
})
