import { describe, expect, it } from "vitest"
import { leastSquares } from "./least-squares.ts"
import { fitParabola, type Levels, type ParabolaFit } from "./parabola.ts"
import { shape } from "./skewed.ts"

const x = [-1.2, -0.5, 0.1, 0.6, 1.5]
const levelsOf = (y: ReadonlyArray<number>, repeats = y.map(() => 1), scatter = 0): Levels => ({
  x: x.slice(0, y.length),
  y,
  repeats,
  scatter,
})
const fitted = (levels: Levels, skew?: number): ParabolaFit => {
  const fit = fitParabola(levels, skew)
  if (fit === undefined) throw new Error("no minimum")
  return fit
}
/** Losses that lie on no curve of the family. */
const rough = [2.31, 2.12, 2.01, 2.1, 2.44]
const skews = [0, 0.4, -0.3]

describe("the curve", () => {
  it.each(skews)("is recovered exactly from losses on it, skew %d", (skew) => {
    for (const vertex of [-0.9, 0, 0.07, 1.1]) {
      const fit = fitted(levelsOf(x.map((v) => 2.5 + 0.3 * shape(v - vertex, skew))), skew)
      expect(fit.vertex).toBeCloseTo(vertex, 11)
      expect(fit.minimum).toBeCloseTo(2.5, 12)
      expect(fit.curvature).toBeCloseTo(0.3, 11)
      expect(fit.residual).toBeCloseTo(0, 20)
      expect(fit.degrees).toBe(2)
    }
  })

  it("is a parabola unless told", () => {
    expect(JSON.stringify(fitted(levelsOf(rough)))).toBe(JSON.stringify(fitted(levelsOf(rough), 0)))
    expect(fitted(levelsOf(rough)).vertex).not.toBe(fitted(levelsOf(rough), 0.1).vertex)
  })

  it.each(skews)("takes means of repeats for the repeats themselves, skew %d", (skew) => {
    const single: Levels = {
      x: [...x, x[1], x[1], x[4]],
      y: [...rough, 2.15, 2.06, 2.5],
      repeats: new Array(8).fill(1),
      scatter: 0,
    }
    const second = (2.12 + 2.15 + 2.06) / 3
    const scatter = (2.12 - second) ** 2 + (2.15 - second) ** 2 + (2.06 - second) ** 2 + 2 * 0.03 ** 2
    const means = levelsOf([2.31, second, 2.01, 2.1, 2.47], [1, 3, 1, 1, 2], scatter)
    const [a, b] = [fitted(single, skew), fitted(means, skew)]
    for (const key of ["vertex", "minimum", "curvature", "residual", "degrees"] as const)
      expect(b[key]).toBeCloseTo(a[key], 11)
    for (const key of ["vertex", "minimum", "curvature"] as const) expect(b.unit[key]).toBeCloseTo(a.unit[key], 11)
  })
})

describe("standard errors", () => {
  it.each(skews)("are those of the derivatives by every loss, skew %d", (skew) => {
    const repeats = [1, 2, 1, 3, 1]
    const { unit } = fitted(levelsOf(rough, repeats), skew)
    const step = 1e-5
    for (const key of ["vertex", "minimum", "curvature"] as const) {
      let variance = 0
      for (let i = 0; i < x.length; i++) {
        const moved = (by: number) =>
          fitted(
            levelsOf(
              rough.map((v, k) => (k === i ? v + by : v)),
              repeats,
            ),
            skew,
          )[key]
        variance += ((moved(step) - moved(-step)) / (2 * step)) ** 2 / repeats[i]
      }
      expect(unit[key] / Math.sqrt(variance)).toBeCloseTo(1, 6)
    }
  })
})

describe("Fieller's interval", () => {
  /** Residual sum of squares with the minimum held at a place: two coefficients. */
  const heldAt = (place: number, skew: number) =>
    leastSquares(
      x.flatMap((v) => [1, shape(v - place, skew)]),
      rough,
      x.map(() => 1),
      2,
    )?.residual as number

  it.each(skews)("ends where holding the minimum costs the quantile squared, skew %d", (skew) => {
    const fit = fitted(levelsOf(rough), skew)
    for (const [degrees, quantile] of [
      [Number.POSITIVE_INFINITY, 1.6448536269514722],
      [2, 2.919985580353726],
    ] as const) {
      const ends = fit.fieller(0.02, 0.9, degrees)
      expect(ends?.[0]).toBeLessThan(fit.vertex)
      expect(ends?.[1]).toBeGreaterThan(fit.vertex)
      for (const end of ends ?? [])
        expect((heldAt(end, skew) - fit.residual) / (0.02 * quantile) ** 2).toBeCloseTo(1, 7)
    }
    expect(fit.fieller(0, 0.9, 2)?.[0]).toBeCloseTo(fit.vertex, 6)
  })

  it("is none where the curvature itself is in doubt", () => {
    const fit = fitted(levelsOf(rough))
    const limit = fit.curvature / (1.6448536269514722 * fit.unit.curvature)
    expect(fit.fieller(0.999 * limit, 0.9, Number.POSITIVE_INFINITY)).toBeDefined()
    expect(fit.fieller(1.001 * limit, 0.9, Number.POSITIVE_INFINITY)).toBeUndefined()
  })

  it("is none where powers of the losses are no numbers", () => {
    const fit = fitted(levelsOf(rough.map((v) => 1e100 * v)))
    expect(fit.vertex).toBeCloseTo(fitted(levelsOf(rough)).vertex, 10)
    expect(fit.fieller(1e97, 0.9, 2)).toBeUndefined()
  })

  it("is open on the flat side of a skewed curve, which may never rise again, and mirrors with it", () => {
    const y = x.map((v) => 2.5 + 0.3 * shape(v + 0.4, 0.8))
    const mirrored = { ...levelsOf([...y].reverse()), x: x.map((v) => -v).reverse() }
    const ends = fitted(levelsOf(y), 0.8).fieller(0.15, 0.9, Number.POSITIVE_INFINITY)
    expect(ends?.[0]).toBe(Number.NEGATIVE_INFINITY)
    expect(ends?.[1]).toBeGreaterThan(-0.4)
    const turned = fitted(mirrored, -0.8).fieller(0.15, 0.9, Number.POSITIVE_INFINITY)
    expect(turned?.[0]).toBeCloseTo(-(ends?.[1] ?? Number.NaN), 10)
    expect(turned?.[1]).toBe(Number.POSITIVE_INFINITY)
  })
})

describe("no minimum", () => {
  it("is in losses that bend down, lie on a line, or are too few", () => {
    expect(fitParabola(levelsOf(x.map((v) => 3 - v * v)))).toBeUndefined()
    expect(fitParabola(levelsOf([1, 2]))).toBeUndefined()
    expect(fitParabola({ x: [0, 1, 2], y: [0, 1, 2], repeats: [1, 1, 1], scatter: 0 })).toBeUndefined()
    expect(fitParabola(levelsOf([2, 2, 2, 2, 2]))).toBeUndefined()
  })

  it("is in a skewed curve that falls for ever", () => {
    // The slope b + (exp(s z) - 1) / s is zero nowhere where b >= 1 / s, though the curve bends up.
    for (const skew of [1, -1]) {
      const curve = (b: number) => levelsOf(x.map((v) => b * (v - x[2]) + shape(v - x[2], skew)))
      expect(fitParabola(curve(2 * skew), skew)).toBeUndefined()
      expect(fitParabola(curve(0.5 * skew), skew)).toBeDefined()
    }
    // Bending down at one end of the family and up at the other is no minimum either.
    expect(fitParabola(levelsOf(x.map((v) => -2 * (v - x[2]) - shape(v - x[2], 1))), 1)).toBeUndefined()
  })
})
