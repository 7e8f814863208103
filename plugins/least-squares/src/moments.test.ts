import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { type Average, descent, type Segment } from "./moments.ts"
import { modesOf, type Problem } from "./problem.ts"

const problem: Problem = { a: 1.5, b: 2.5, modes: 6, sigma: 0.3, signal: 1 }

/** The same descent, sample by sample, many times over: mean excess risks and their standard errors. */
const simulate = (average: Average, segments: ReadonlyArray<Segment>, repeats: number) => {
  const { probability, error } = modesOf(problem)
  const cumulative = [...probability].map((_, i) => probability.slice(0, i + 1).reduce((x, y) => x + y, 0))
  const draws = sequence(random(3, "brute force"))
  const risks: Array<readonly [number, number]> = []
  for (let k = 0; k < repeats; k++) {
    const e = [...error].map((x) => Math.sqrt(x))
    const s = e.map(() => 0)
    let steps = 0
    for (const { steps: n, gamma, batch } of segments) {
      for (let t = 0; t < n; t++, steps++) {
        const move = e.map(() => 0)
        for (let j = 0; j < batch; j++) {
          const u = draws.next()
          const i = Math.min(cumulative.findIndex((c) => u < c) >>> 0, e.length - 1)
          move[i] = move[i]! + (e[i]! - problem.sigma * draws.normal()) / batch
        }
        for (let i = 0; i < e.length; i++) {
          e[i] = e[i]! - gamma * move[i]!
          s[i] = average === "uniform" ? s[i]! + e[i]! : average.decay * s[i]! + (1 - average.decay) * e[i]!
        }
      }
    }
    const mass = average === "uniform" ? steps : 1 - average.decay ** steps
    const risk = (v: ReadonlyArray<number>, scale: number) =>
      v.reduce((sum, x, i) => sum + probability[i]! * (x / scale) ** 2, 0)
    risks.push([risk(e, 1), risk(s, mass)])
  }
  return [0, 1].map((which) => {
    const values = risks.map((r) => r[which as 0 | 1])
    const mean = values.reduce((x, y) => x + y, 0) / repeats
    const variance = values.reduce((x, y) => x + (y - mean) ** 2, 0) / (repeats - 1)
    return { mean, error: Math.sqrt(variance / repeats) }
  }) as [{ mean: number; error: number }, { mean: number; error: number }]
}

describe("exact moments", () => {
  const plans: ReadonlyArray<readonly [string, Average, ReadonlyArray<Segment>]> = [
    ["uniform average", "uniform", [{ steps: 40, gamma: 0.8, batch: 2 }]],
    ["exponential average", { decay: 0.9 }, [{ steps: 40, gamma: 0.8, batch: 2 }]],
    [
      "single samples, then a larger batch and a smaller step",
      "uniform",
      [
        { steps: 25, gamma: 0.5, batch: 1 },
        { steps: 7, gamma: 0.2, batch: 8 },
      ],
    ],
  ]
  it.each(plans)("agree with sampled descent: %s", (_, average, segments) => {
    const exact = descent(problem, average)
    for (const segment of segments) exact.advance(segment)
    const [last, averaged] = simulate(average, segments, 4000)
    expect(Math.abs(exact.risk() - last.mean)).toBeLessThan(4 * last.error)
    expect(Math.abs(exact.averagedRisk() - averaged.mean)).toBeLessThan(4 * averaged.error)
    expect(averaged.error / averaged.mean).toBeLessThan(0.05)
  })

  it("do not depend on how the steps are cut into segments", () => {
    for (const average of ["uniform", { decay: 0.99 }] as const) {
      const whole = descent(problem, average)
      whole.advance({ steps: 1000, gamma: 0.4, batch: 3 })
      const cut = descent(problem, average)
      for (const steps of [1, 63, 436, 500]) cut.advance({ steps, gamma: 0.4, batch: 3 })
      expect(cut.steps()).toBe(1000)
      expect(cut.risk() / whole.risk()).toBeCloseTo(1, 12)
      expect(cut.averagedRisk() / whole.averagedRisk()).toBeCloseTo(1, 12)
    }
  })

  it("start at the signal, stay there without steps, and tend to the stationary risk", () => {
    const d = descent(problem, "uniform")
    expect(d.risk()).toBeCloseTo(1, 12)
    d.advance({ steps: 2 ** 30, gamma: 0.5, batch: 1 })
    // B = 1: q = 1 - gamma p (2 - gamma), so E e^2 = u / (1 - q) = gamma sigma^2 / (2 - gamma) in every mode.
    expect(d.risk()).toBeCloseTo((0.5 * 0.3 ** 2) / 1.5, 10)
  })

  it("of one mode and full-batch-like steps are those of gradient descent", () => {
    const noiseless = descent({ ...problem, modes: 1, sigma: 0 }, { decay: 0 })
    noiseless.advance({ steps: 5, gamma: 0.3, batch: 4 })
    expect(noiseless.risk()).toBeCloseTo(0.7 ** 10, 12)
    expect(noiseless.averagedRisk()).toBeCloseTo(0.7 ** 10, 12)
  })
})

describe("bad problems", () => {
  it.each<[keyof Problem, number]>([
    ["a", 1],
    ["b", Number.NaN],
    ["modes", 2.5],
    ["sigma", -1],
    ["signal", 0],
  ])("%s = %d is refused by name", (field, value) => {
    expect(() => modesOf({ ...problem, [field]: value })).toThrow(new RegExp(`least squares: ${field} is`))
  })
})
