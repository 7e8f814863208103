import { describe, expect, it } from "vitest"
import { logLogSlope } from "./logLogSlope.ts"

describe("logLogSlope", () => {
  it("recovers an exact power law with an interval of no width", () => {
    const points = [32, 64, 128, 256].map((x) => ({ x, lnY: Math.log(3 * x ** -0.5) }))
    const { slope, interval } = logLogSlope(points, 0.95)
    expect(slope).toBeCloseTo(-0.5, 12)
    expect(interval[0]).toBeCloseTo(-0.5, 12)
    expect(interval[1]).toBeCloseTo(-0.5, 12)
  })

  it("has the interval worked out by hand", () => {
    // ln x = 0, 1, 2 and ln y = 0, 2, 1: slope 1/2, residuals -1/2, 1, -1/2, s^2 = 3/2, standard error sqrt(3/4), t = 12.706.
    const points = [0, 2, 1].map((lnY, i) => ({ x: Math.exp(i), lnY }))
    const { slope, interval } = logLogSlope(points, 0.95)
    expect(slope).toBeCloseTo(0.5, 12)
    expect(interval[1] - slope).toBeCloseTo(12.706 * Math.sqrt(0.75), 3)
  })

  it("covers the truth as often as it says", () => {
    let state = 12345
    const uniform = () => {
      state = (state * 48271) % 2147483647
      return state / 2147483647
    }
    const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
    let covered = 0
    for (let trial = 0; trial < 4000; trial++) {
      const points = [32, 64, 128, 256, 512].map((x) => ({ x, lnY: 0.1 * Math.log(x) + 0.2 * normal() }))
      const [low, high] = logLogSlope(points, 0.9).interval
      if (low <= 0.1 && 0.1 <= high) covered++
    }
    expect(covered / 4000).toBeGreaterThan(0.88)
    expect(covered / 4000).toBeLessThan(0.92)
  })
})
