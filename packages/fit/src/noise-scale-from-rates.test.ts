import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { noiseScaleFromRates } from "./noise-scale-from-rates.ts"
import { isEstimate } from "./result.ts"
import { InvalidOptionError } from "./validate.ts"

const batches = [64, 256, 1024, 4096, 16384]

describe("noiseScaleFromRates", () => {
  it("is slope over intercept of 1/eta in 1/B", () => {
    const points = batches.map((batch) => ({ batch, eta: 1 / (20 + 40_000 / batch) }))
    const { noiseScale, maximumEta } = noiseScaleFromRates(points)
    expect(isEstimate(noiseScale) && noiseScale.value).toBeCloseTo(2000, 3)
    expect(isEstimate(maximumEta) && maximumEta.value).toBeCloseTo(1 / 20, 8)
  })

  it("is tr(H Sigma) / (G' H G) for the best step on a quadratic loss", () => {
    // Expected fall of one SGD step: eta |G|^2 - eta^2/2 (G'HG + tr(H Sigma)/B), so its best rate in closed form.
    const [h, g, sigma] = [
      [4, 1, 0.25],
      [0.3, -1, 2],
      [50, 20, 90],
    ]
    const over = (f: (i: number) => number) => h.reduce((sum, _, i) => sum + f(i), 0)
    const curvature = over((i) => h[i] * g[i] ** 2)
    const trace = over((i) => h[i] * sigma[i])
    const square = over((i) => g[i] ** 2)
    const points = batches.map((batch) => ({ batch, eta: square / (curvature + trace / batch) }))
    const { noiseScale, maximumEta } = noiseScaleFromRates(points)
    expect(isEstimate(noiseScale) && noiseScale.value / (trace / curvature)).toBeCloseTo(1, 6)
    expect(isEstimate(maximumEta) && maximumEta.value / (square / curvature)).toBeCloseTo(1, 8)
  })

  it("covers the truth when rates are measured with 10 % errors", () => {
    const draws = sequence(random(3, "rates"))
    const studies = 200
    let covered = 0
    let found = 0
    for (let study = 0; study < studies; study++) {
      const points = batches.map((batch) => ({ batch, eta: Math.exp(0.1 * draws.normal()) / (20 + 40_000 / batch) }))
      const { noiseScale } = noiseScaleFromRates(points)
      if (!isEstimate(noiseScale)) continue
      found++
      if (noiseScale.interval && noiseScale.interval.low < 2000 && 2000 < noiseScale.interval.high) covered++
    }
    expect(found).toBeGreaterThan(190)
    // 90 % intervals, within three standard errors.
    expect(covered / found).toBeGreaterThan(0.83)
    expect(covered / found).toBeLessThan(0.97)
  })

  it("bounds the noise scale on the side that was seen", () => {
    const small = noiseScaleFromRates([1, 2, 4, 8].map((b, i) => ({ batch: b, eta: b * (i % 2 ? 1.01 : 1) })))
    expect(small.noiseScale).toMatchObject({ reason: "not-reached" })
    expect(isEstimate(small.noiseScale) || (small.noiseScale.bound?.lower ?? 0)).toBeGreaterThan(8)
    const large = noiseScaleFromRates([1, 2, 4, 8].map((b, i) => ({ batch: b, eta: i % 2 ? 1.01 : 1 })))
    expect(large.noiseScale).toMatchObject({ reason: "reference-too-large" })
    expect(noiseScaleFromRates([{ batch: 1, eta: 1 }]).noiseScale).toMatchObject({ reason: "too-few-batches" })
  })

  it("refuses what is no rate", () => {
    expect(() => noiseScaleFromRates([{ batch: 4, eta: 0 }])).toThrow(InvalidOptionError)
  })
})
