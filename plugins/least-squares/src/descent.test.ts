import { describe, expect, it } from "vitest"
import { sampled } from "../test/sampled.ts"
import { descent } from "./descent.ts"
import type { Segment } from "./moments.ts"
import { modesOf, type Problem } from "./problem.ts"

const problem: Problem = { a: 1.5, b: 2.5, modes: 6, sigma: 0.3, signal: 1 }

const constant: ReadonlyArray<Segment> = [{ steps: 40, gamma: 0.8, batch: 2 }]
const decayed: ReadonlyArray<Segment> = Array.from({ length: 40 }, (_, t) => ({
  steps: 1,
  gamma: 0.9 * (1 - t / 40),
  batch: 2,
}))
const grown: ReadonlyArray<Segment> = [
  { steps: 20, gamma: 0.5, batch: 1 },
  { steps: 12, gamma: 0.6, batch: 8 },
]

describe("descent", () => {
  it.each([
    ["a constant step", constant],
    ["a decayed step", decayed],
    ["a batch that grows", grown],
  ])("has the risks of sampled descent, every average: %s", (_, segments) => {
    const total = segments.reduce((sum, { steps }) => sum + steps, 0)
    const half = total / 2
    const found = sampled(problem, segments, [{ from: 0 }, { from: half }, { from: 0, decay: 0.9 }], 20_000)
    const d = descent(problem)
    const [uniform, exponential] = [d.average(), d.average(0.9)]
    let tail = () => Number.NaN
    for (const { steps, ...rest } of segments)
      for (let t = 0; t < steps; t++) {
        if (d.steps() === half) tail = d.average()
        d.advance([{ ...rest, steps: 1 }])
      }
    const exact = [d.risk(), uniform(), tail(), exponential()]
    exact.forEach((risk, i) => {
      const { mean, error } = found[i]!
      expect(error / mean).toBeLessThan(0.02)
      expect(Math.abs(risk - mean) / error).toBeLessThan(3)
    })
  })

  it("does not depend on how the steps are cut into segments", () => {
    const run = (cuts: ReadonlyArray<number>) => {
      const d = descent(problem)
      const averages = [d.average(), d.average(0.99)]
      d.advance(cuts.map((steps) => ({ steps, gamma: 0.4, batch: 3 })))
      expect(d.steps()).toBe(1000)
      return [d.risk(), ...averages.map((risk) => risk())]
    }
    const whole = run([1000])
    run([1, 63, 436, 500]).forEach((risk, i) => {
      expect(risk / whole[i]!).toBeCloseTo(1, 12)
    })
  })

  it("reads the same to the last bit whatever else is averaged, and goes on from a copy as from the original", () => {
    const [alone, beside] = [descent(problem), descent(problem)]
    const [a, , b] = [alone.average(), beside.average(0.5), beside.average()]
    for (const d of [alone, beside]) d.advance(grown)
    const copy = beside.copy()
    for (const d of [alone, beside, copy]) d.advance(constant)
    expect([beside.risk(), b(), copy.risk()]).toEqual([alone.risk(), a(), alone.risk()])
    expect(copy.steps()).toBe(72)
  })

  it("starts at the signal and tends to the stationary risk, also after 2^40 steps", () => {
    const d = descent(problem)
    expect(d.risk()).toBeCloseTo(1, 12)
    const uniform = d.average()
    d.advance([{ steps: 2 ** 40, gamma: 0.5, batch: 1 }])
    // B = 1: q = 1 - gamma p (2 - gamma), so E e^2 = u / (1 - q) = gamma sigma^2 / (2 - gamma) in every mode.
    expect(d.risk() / ((0.5 * 0.3 ** 2) / 1.5)).toBeCloseTo(1, 12)
    // Of an average of n correlated iterates, (1 + r) / (1 - r) E e^2 / n with r = 1 - gamma p; summed over modes, 2 / gamma - p each.
    const { probability } = modesOf(problem)
    const stationary = probability.reduce((sum, p) => sum + (2 / 0.5 - p) * (0.03 / 2 ** 40), 0)
    expect(uniform() / stationary).toBeCloseTo(1, 9)
  })

  it("of one mode and full-batch-like steps is gradient descent", () => {
    const noiseless = descent({ ...problem, modes: 1, sigma: 0 })
    const last = noiseless.average(0)
    noiseless.advance([{ steps: 5, gamma: 0.3, batch: 4 }])
    expect(noiseless.risk()).toBeCloseTo(0.7 ** 10, 12)
    expect(last()).toBeCloseTo(0.7 ** 10, 12)
  })

  it("refuses steps and decays that are none", () => {
    expect(() => descent(problem).advance([{ steps: 0.5, gamma: 1, batch: 1 }])).toThrow(/steps is 0.5/)
    expect(() => descent(problem).average(1)).toThrow(/decay is 1; it must be 0 or more, below 1/)
  })
})

describe("bad problems", () => {
  it.each<[keyof Problem, number]>([
    ["a", 1],
    ["b", Number.NaN],
    ["modes", 2.5],
    ["modes", 2 ** 25],
    ["sigma", -1],
    ["signal", 0],
  ])("%s = %d is refused by name", (field, value) => {
    expect(() => modesOf({ ...problem, [field]: value })).toThrow(new RegExp(`least squares: ${field} is`))
    expect(() => descent({ ...problem, [field]: value })).toThrow(new RegExp(`least squares: ${field} is`))
  })
})
