import { describe, expect, it } from "vitest"
import { adamw, criticalBatchSettings, HyperparameterError, presets } from "./index.ts"

describe("presets", () => {
  it.each(Object.entries(presets))("%s is accepted by adamw and names its source", (_, { optimizer, source }) => {
    const one = Float64Array.of(1)
    adamw(one, Float64Array.of(1), new Float64Array(1), new Float64Array(1), {
      lr: 0.1,
      schedule: 1,
      step: 1,
      beta1: optimizer.betas[0],
      beta2: optimizer.betas[1],
      eps: optimizer.eps,
      weightDecay: optimizer.weightDecay,
      coupling: optimizer.decay,
    })
    expect(one[0]).toBeCloseTo(0.9, 2)
    expect(source.length).toBeGreaterThan(10)
  })

  it("couple the decay as their libraries do", () => {
    expect(presets["adamw-torch"].optimizer.decay).toBe("coupled-to-lr")
    expect(presets["decoupled-adamw-mosaicml"].optimizer.decay).toBe("independent")
  })
})

describe("criticalBatchSettings", () => {
  // Batches of 64 ... 16384 sequences of 512 tokens, as recommended beside arXiv 2410.21676.
  it.each([
    [2 ** 15, 0.999, 0.9995],
    [2 ** 17, 0.995, 0.9995],
    [2 ** 19, 0.99, 0.999],
    [2 ** 20, 0.95, 0.998],
    [2 ** 21, 0.95, 0.995],
    [2 ** 23, 0.95, 0.99],
  ])("of %d tokens: beta2 %d, average %d", (batch, beta2, averageDecay) => {
    expect(criticalBatchSettings(batch)).toEqual({ beta2, averageDecay })
  })

  it("between two batches takes the smaller one's, outside the nearest one's", () => {
    expect(criticalBatchSettings(2 ** 18 - 1)).toEqual(criticalBatchSettings(2 ** 17))
    expect(criticalBatchSettings(64)).toEqual(criticalBatchSettings(2 ** 15))
    expect(criticalBatchSettings(2 ** 30)).toEqual(criticalBatchSettings(2 ** 23))
  })

  it("agrees with the preset at its reference batch", () => {
    expect(presets["adamw-critical-batch"].optimizer.betas[1]).toBe(criticalBatchSettings(256 * 512).beta2)
  })

  it.each([0, -1, Number.NaN])("refuses a batch of %d", (batch) => {
    expect(() => criticalBatchSettings(batch)).toThrow(HyperparameterError)
  })
})
