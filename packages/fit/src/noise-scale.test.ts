import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { type NoiseScaleReading, noiseScale } from "./noise-scale.ts"
import { type Estimate, isEstimate } from "./result.ts"
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

  it("averages numerator and denominator apart, never their ratio", () => {
    // |G|^2 of 1 and 3, tr(Sigma) of 100 and 900: 500 / 2, where the mean ratio would be 200.
    const found = noiseScale([exact(1, 100, 64, 1024), exact(3, 900, 64, 1024)])
    expect((found as Estimate).value).toBeCloseTo(250, 8)
  })

  const dimensions = 40
  /** Squared norm of a sampled gradient: |G|^2 = 1 spread over the coordinates. */
  const sampler = (name: string, trace: number) => {
    const draws = sequence(random(11, name))
    return (batch: number) => {
      let sum = 0
      for (let i = 0; i < dimensions; i++) {
        const g = Math.sqrt(1 / dimensions) + Math.sqrt(trace / dimensions / batch) * draws.normal()
        sum += g * g
      }
      return sum
    }
  }
  const study = (squaredNorm: (batch: number) => number) =>
    noiseScale(
      Array.from({ length: 16 }, () => ({
        small: 64,
        big: 1024,
        squaredNormSmall: squaredNorm(64),
        squaredNormBig: squaredNorm(1024),
      })),
    )

  it("covers the truth when norms are sampled, and its error is the scatter of studies", () => {
    const squaredNorm = sampler("noise scale", 400)
    const studies = 400
    const found = Array.from({ length: studies }, () => study(squaredNorm) as Estimate)
    const covered = found.filter((f) => f.interval!.low < 400 && 400 < f.interval!.high).length
    // 90 % intervals: within three standard errors of a proportion of 400 studies.
    expect(covered / studies).toBeGreaterThan(0.855)
    expect(covered / studies).toBeLessThan(0.945)
    const ln = found.map((f) => Math.log(f.value))
    const mean = ln.reduce((a, b) => a + b) / studies
    const scatter = Math.sqrt(ln.reduce((sum, x) => sum + (x - mean) ** 2, 0) / studies)
    const error = found.reduce((sum, f) => sum + (f.standardError as number), 0) / studies
    expect(error / scatter).toBeGreaterThan(0.85)
    expect(error / scatter).toBeLessThan(1.15)
  })

  it("knows a lower bound where the mean gradient drowns in noise", () => {
    const trace = 20_000
    const squaredNorm = sampler("drowned", trace)
    const studies = 400
    let covered = 0
    let open = 0
    let unidentified = 0
    for (let k = 0; k < studies; k++) {
      const found = study(squaredNorm)
      if (isEstimate(found)) {
        if (found.interval!.low < trace && trace < found.interval!.high) covered++
        if (found.interval!.high === Infinity) {
          open++
          expect(found.standardError).toMatchObject({ _tag: "Unavailable" })
          expect(found.notes[0]).toContain("exceeds")
        }
      } else {
        unidentified++
        expect(found.reason).toBe("ill-conditioned")
        expect(found.bound?.upper).toBeUndefined()
        if ((found.bound?.lower ?? 0) < trace) covered++
      }
    }
    expect(open).toBeGreaterThan(studies / 4)
    expect(unidentified).toBeGreaterThan(0)
    // The set is two-sided at 90 %, so a bound alone holds at least as often.
    expect(covered / studies).toBeGreaterThan(0.855)
  })

  it("says what is missing instead of a negative number", () => {
    expect(noiseScale([])).toMatchObject({ _tag: "NotIdentified", reason: "no-data" })
    const inverted = { small: 64, big: 1024, squaredNormSmall: 1, squaredNormBig: 2 }
    expect(noiseScale([inverted])).toMatchObject({ _tag: "NotIdentified", reason: "ill-conditioned" })
    expect(noiseScale([{ ...inverted, squaredNormSmall: 100 }])).toMatchObject({ _tag: "NotIdentified" })
    // A mean gradient that is told, a noise that is not: only an upper bound.
    const quiet = [-2, -1, 0.5].map((tr) => exact(1, tr, 64, 1024))
    const found = noiseScale(quiet)
    expect(found).toMatchObject({ _tag: "NotIdentified", bound: { level: 0.9 } })
    expect(!isEstimate(found) && found.bound?.lower).toBeUndefined()
    expect(!isEstimate(found) && found.bound?.upper).toBeGreaterThan(0)
  })

  it("refuses norms and batches that make no sense", () => {
    expect(() => noiseScale([exact(1, 1, 64, 64)])).toThrow(InvalidOptionError)
    expect(() => noiseScale([exact(1, 1, 64, 128)], 1)).toThrow(/level/)
    expect(() => noiseScale([{ ...exact(1, 1, 64, 128), squaredNormBig: Number.NaN }])).toThrow(/squaredNormBig/)
  })
})
