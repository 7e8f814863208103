import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { type NoiseScaleReading, noiseScale } from "./noise-scale.ts"
import type { Estimate } from "./result.ts"
import { InvalidOptionError } from "./validate.ts"

/** Expected squared norms: |G|^2 + tr(Sigma) / B. */
const exact = (signal: number, trace: number, small: number, big: number): NoiseScaleReading => ({
  small,
  big,
  squaredNormSmall: signal + trace / small,
  squaredNormBig: signal + trace / big,
})

describe("noiseScale", () => {
  it("inverts the expected norms, whatever the batch sizes", () => {
    for (const [small, big] of [
      [64, 1024],
      [256, 512],
    ] as const) {
      const found = noiseScale([exact(0.25, 500, small, big)])
      expect(found).toMatchObject({ _tag: "Estimate", n: 1, standardError: { _tag: "Unavailable" } })
      expect((found as Estimate).value).toBeCloseTo(2000, 8)
    }
  })

  it("covers the truth when norms are sampled", () => {
    const draws = sequence(random(11, "noise scale"))
    const dimensions = 40
    const [signal, trace] = [1, 400]
    const squaredNorm = (batch: number) => {
      let sum = 0
      for (let i = 0; i < dimensions; i++) {
        const g = Math.sqrt(signal / dimensions) + Math.sqrt(trace / dimensions / batch) * draws.normal()
        sum += g * g
      }
      return sum
    }
    let covered = 0
    const studies = 200
    for (let study = 0; study < studies; study++) {
      const found = noiseScale(
        Array.from({ length: 16 }, () => ({
          small: 64,
          big: 1024,
          squaredNormSmall: squaredNorm(64),
          squaredNormBig: squaredNorm(1024),
        })),
      ) as Estimate
      if (found.interval!.low < 400 && 400 < found.interval!.high) covered++
    }
    // 90 % intervals: within three standard errors of a proportion of 200 studies.
    expect(covered / studies).toBeGreaterThan(0.83)
    expect(covered / studies).toBeLessThan(0.97)
  })

  it("says what is missing instead of a negative number", () => {
    expect(noiseScale([])).toMatchObject({ _tag: "NotIdentified", reason: "no-data" })
    const inverted = { small: 64, big: 1024, squaredNormSmall: 1, squaredNormBig: 2 }
    expect(noiseScale([inverted])).toMatchObject({ _tag: "NotIdentified", reason: "ill-conditioned" })
    expect(noiseScale([{ ...inverted, squaredNormSmall: 100 }])).toMatchObject({ _tag: "NotIdentified" })
  })

  it("refuses norms and batches that make no sense", () => {
    expect(() => noiseScale([exact(1, 1, 64, 64)])).toThrow(InvalidOptionError)
    expect(() => noiseScale([{ ...exact(1, 1, 64, 128), squaredNormBig: Number.NaN }])).toThrow(/squaredNormBig/)
  })
})
