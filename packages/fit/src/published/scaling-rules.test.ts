import { describe, expect, it } from "vitest"
import { saturatingRate } from "./saturating-rate.ts"
import { linearRule, squareRootRule } from "./scaling-rules.ts"
import { surge } from "./surge.ts"

const reference = { eta: 1e-3, batch: 2 ** 16 }
const eta = ({ eta: value }: { eta?: number }) => value ?? Number.NaN

describe("scaling of the rate with the batch", () => {
  it("doubles the rate for four times the batch, or for twice, by rule", () => {
    expect(eta(squareRootRule.evaluate({ batch: 2 ** 18, reference }))).toBeCloseTo(2e-3, 14)
    expect(eta(linearRule.evaluate({ batch: 2 ** 17, reference }))).toBeCloseTo(2e-3, 14)
  })

  it("reads the published ImageNet rule: 0.1 at 256 images, 3.2 at 8192", () => {
    expect(eta(linearRule.evaluate({ batch: 8192, reference: { eta: 0.1, batch: 256 } }))).toBeCloseTo(3.2, 12)
  })

  it("saturates at eta_max, half of it at B = B_noise", () => {
    const noiseScale = 2 ** 20
    const at = (batch: number) =>
      eta(saturatingRate.evaluate({ batch, noiseScale, reference: { eta: 0.5, batch: noiseScale } }))
    expect(at(2 ** 50)).toBeCloseTo(1, 8)
    expect(at(2 ** 20)).toBe(0.5)
    expect(at(2 ** 20 / 3)).toBeCloseTo(0.25, 12)
  })

  it("is the linear rule far below the noise scale, and the square-root rule far below the peak", () => {
    const small = { eta: 1e-3, batch: 64 }
    const linear = eta(linearRule.evaluate({ batch: 256, reference: small }))
    expect(eta(saturatingRate.evaluate({ batch: 256, noiseScale: 1e9, reference: small })) / linear).toBeCloseTo(1, 6)
    const peak = { eta: 1, batch: 1e9 }
    const low = eta(surge.evaluate({ batch: 64, peak }))
    const root = eta(squareRootRule.evaluate({ batch: 256, reference: { eta: low, batch: 64 } }))
    expect(eta(surge.evaluate({ batch: 256, peak })) / root).toBeCloseTo(1, 6)
  })

  it("surges to the peak, and is the same four times below and above it", () => {
    const peak = { eta: 0.01, batch: 2 ** 20 }
    const at = (batch: number) => eta(surge.evaluate({ batch, peak }))
    expect(at(2 ** 20)).toBe(0.01)
    // 0.5 (sqrt(4) + sqrt(1/4)) = 1.25.
    expect(at(2 ** 18)).toBeCloseTo(0.008, 14)
    expect(at(2 ** 22)).toBeCloseTo(0.008, 14)
  })
})
