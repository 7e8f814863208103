import { describe, expect, it } from "vitest"
import type { Average } from "./average.ts"
import { descent } from "./descent.ts"
import { batchExponent, bestRisk, harmlessBatch, logSlope } from "./harmless.ts"

const problem = (a: number, b: number) => ({ a, b, modes: 20_000, sigma: 1, signal: 1 })
const samples = [2 ** 20, 2 ** 25, 2 ** 30]

const slope = (a: number, b: number, average: Average) =>
  logSlope(
    samples,
    samples.map((D) => harmlessBatch(problem(a, b), average, D)),
  )

describe("the largest harmless batch", () => {
  it.each([
    [1.5, 2.5, 2 / 5],
    [1.5, 3, 1 / 2],
    [2, 3, 1 / 3],
    // Here min(b, 2a + 1) is not b.
    [1.5, 6, 5 / 8],
  ])("grows as samples^(1 - a / min(b, 2a + 1)) averaging from the first step: a = %d, b = %d", (a, b, exponent) => {
    expect(batchExponent({ a, b }, "uniform")).toBeCloseTo(exponent, 12)
    expect(Math.abs(slope(a, b, "uniform") - exponent)).toBeLessThan(0.03)
  })

  it("grows as samples^(1 - a / b) averaging over the last half", () => {
    expect(batchExponent({ a: 1.5, b: 6 }, { tail: 0.5 })).toBe(0.75)
    expect(Math.abs(slope(1.5, 6, { tail: 0.5 }) - 0.75)).toBeLessThan(0.03)
  })

  it("needs 1.2 times the risk, just, and has its best step where neighbours are worse", () => {
    const p = { ...problem(1.5, 2.5), modes: 1000 }
    const D = 2 ** 14
    const B = harmlessBatch(p, "uniform", D)
    const lowest = Math.min(...Array.from({ length: 15 }, (_, k) => bestRisk(p, "uniform", D, 2 ** k).risk))
    // The number of steps is whole, so the batch moves in parts of a hundredth or so.
    expect(bestRisk(p, "uniform", D, B).risk / lowest).toBeCloseTo(1.2, 2)
    const { risk, gamma } = bestRisk(p, "uniform", D, 2)
    for (const factor of [0.95, 1, 1.05]) {
      const run = descent(p)
      const average = run.average()
      run.advance([{ steps: D / 2, gamma: gamma * factor, batch: 2 }])
      if (factor === 1) expect(average()).toBeCloseTo(risk, 12)
      else expect(average()).toBeGreaterThan(risk)
    }
  })

  it.each<[Average, number]>([
    ["last", 1],
    ["uniform", 1],
    [{ tail: 0.25 }, 0.25],
    [{ decay: 0.9 }, 1],
  ])("reads the average it is asked for: %j", (average, share) => {
    const p = { ...problem(1.5, 2.5), modes: 1000 }
    const { risk, gamma } = bestRisk(p, average, 2 ** 12, 4)
    const run = descent(p)
    if (share < 1) run.advance([{ steps: 2 ** 10 * (1 - share), gamma, batch: 4 }])
    const averaged = run.average(typeof average === "object" && "decay" in average ? average.decay : undefined)
    run.advance([{ steps: 2 ** 10 * share, gamma, batch: 4 }])
    expect((average === "last" ? run.risk() : averaged()) / risk).toBeCloseTo(1, 12)
  })

  it("refuses what makes no sense, by name", () => {
    expect(() => harmlessBatch(problem(1.5, 3), "uniform", 0)).toThrow(/samples is 0/)
    expect(() => harmlessBatch(problem(1.5, 3), "uniform", 64, 0)).toThrow(/overhead is 0/)
    expect(() => bestRisk(problem(1.5, 3), "uniform", 64, 128)).toThrow(/batch is 128; it must be from 1 to the 64/)
    expect(batchExponent({ a: 1.5, b: 3 }, "last")).toBeUndefined()
  })
})
