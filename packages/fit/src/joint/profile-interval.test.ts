import { describe, expect, it } from "vitest"
import { optima, trueLaw } from "../../test/optima.ts"
import { octaves } from "../../test/simulate.ts"
import { solve, textbook } from "../../test/solved.ts"
import { minimise } from "./minimise.ts"
import { objective } from "./objective.ts"
import { profileEnds } from "./profile-interval.ts"

const grid = { batches: octaves(5, 12), horizons: octaves(18, 22), seed: 3 }
const options = { step: 0.1, farthest: 10 }

describe("ends by profile likelihood", () => {
  it("are Wald's for forms linear in their parameters, at any threshold and first step", () => {
    const points = optima({ ...trueLaw, form: "power" }, grid)
    for (const [form, terms] of [
      ["power", { tokens: true, batch: true }],
      ["constant", { tokens: true, batch: false }],
    ] as const) {
      const { problem, parameters, misfit } = solve(points, form)
      const centre = { batch: Math.exp(problem.origin.lnBatch), tokens: Math.exp(problem.origin.lnTokens) }
      const { beta, covariance } = textbook(points, terms, centre, problem.scatter)
      for (const threshold of [0.3, 2.706, 30])
        for (const step of [0.003, 0.1, 2])
          beta.forEach((b, k) => {
            const ends = profileEnds(problem, parameters, misfit, k, threshold, { step, farthest: 10 })
            const half = Math.sqrt(threshold * covariance[k][k])
            expect(parameters[k]).toBeCloseTo(b, 7)
            expect((b - ends.low) / half).toBeCloseTo(1, 3)
            expect((ends.high - b) / half).toBeCloseTo(1, 3)
          })
    }
  })

  it("are where the misfit, all others following, has grown by the threshold", () => {
    const { problem, parameters, misfit } = solve(optima(trueLaw, grid), "bell")
    const target = objective(problem)
    parameters.forEach((_, k) => {
      const ends = profileEnds(problem, parameters, misfit, k, 2.706, options)
      for (const end of [ends.low, ends.high]) {
        const start = Float64Array.from(parameters)
        start[k] = end
        expect(minimise(target, start, [k], 200).misfit - misfit).toBeCloseTo(2.706, 3)
      }
      expect(ends.low).toBeLessThan(parameters[k])
      expect(ends.high).toBeGreaterThan(parameters[k])
    })
  })

  it("are open where the likelihood is flat", () => {
    // All batches far above the scale: the law is a constant however far below it lies.
    const above = optima({ ...trueLaw, form: "saturating", batch: 1 }, { ...grid, horizons: [2 ** 20] })
    const saturated = solve(above, "saturating")
    const low = profileEnds(saturated.problem, saturated.parameters, saturated.misfit, 1, 2.706, options)
    expect(low.low).toBe(-Infinity)
    expect(low.high).toBeLessThan(0)
    // All below: a power whose height and scale only move together.
    const below = optima({ ...trueLaw, form: "saturating", batch: 2 ** 30 }, { ...grid, horizons: [2 ** 20] })
    const rising = solve(below, "saturating")
    const high = profileEnds(rising.problem, rising.parameters, rising.misfit, 1, 2.706, { ...options, farthest: 30 })
    expect(high.high).toBe(Infinity)
    expect(Number.isFinite(high.low)).toBe(true)
  })

  it("are searched no further than told", () => {
    const points = optima({ ...trueLaw, form: "constant" }, { ...grid, error: 3 })
    const { problem, parameters, misfit } = solve(points, "constant")
    const half = Math.sqrt(2.706 * textbook(points, { tokens: true, batch: false }, at(problem)).covariance[0][0])
    const near = profileEnds(problem, parameters, misfit, 0, 2.706, { step: half / 4, farthest: half / 2 })
    expect(near).toEqual({ low: -Infinity, high: Infinity })
    const far = profileEnds(problem, parameters, misfit, 0, 2.706, { step: half / 4, farthest: 2 * half })
    expect((far.high - parameters[0]) / half).toBeCloseTo(1, 3)
  })

  it("are numbers also where the search passes through a misfit below the one given", () => {
    const points = optima({ ...trueLaw, form: "constant" }, grid)
    const { problem, parameters } = solve(points, "constant")
    const target = objective(problem)
    const { beta, covariance } = textbook(points, { tokens: true, batch: false }, at(problem), problem.scatter)
    const error = Math.sqrt(covariance[0][0])
    // Two standard errors above the minimum, the other parameter fitted: its misfit is 4 above the least.
    const start = Float64Array.from(parameters)
    start[0] = beta[0] + 2 * error
    const { misfit, parameters: there } = minimise(target, start, [0])
    for (const step of [0.1, 1, 3]) {
      const ends = profileEnds(problem, there, misfit, 0, 0.1, { step: step * error, farthest: 10 })
      const half = Math.sqrt(4.1) * error
      expect((beta[0] - ends.low) / half).toBeCloseTo(1, 3)
      expect((ends.high - beta[0]) / half).toBeCloseTo(1, 3)
    }
  })

  it("go on into another valley that the first does not lead to", () => {
    // Two groups of batches, each a rise: a bell may peak in or behind either. What an end is, a grid over the place tells.
    const points = [...octaves(3, 5), ...octaves(11, 13)].map((batch, k) => ({
      batch,
      tokens: 2 ** 20,
      eta: 0.01 * [0.8, 1, 0.8, 0.8, 1, 0.8][k],
      error: 0.1,
    }))
    const { problem, parameters, misfit } = solve(points, "bell")
    const target = objective(problem)
    const places = Array.from({ length: 281 }, (_, k) => -7 + k / 20)
    const least = places.map((place) => {
      const starts = [-8, -6, -4, -2].map((height) => minimise(target, [height, place], [1], 200).misfit)
      return Math.min(...starts)
    })
    const threshold = 4
    const inside = places.filter((_, k) => least[k] - misfit <= threshold)
    const starts = places.map((place) => minimise(target, [parameters[0], place], [1], 200).parameters)
    const ends = profileEnds(problem, parameters, misfit, 1, threshold, { step: 0.25, farthest: 14 }, starts)
    expect(Math.abs(ends.low - inside[0])).toBeLessThan(0.06)
    expect(Math.abs(ends.high - inside[inside.length - 1])).toBeLessThan(0.06)
  })
})

const at = ({ origin }: { readonly origin: { readonly lnBatch: number; readonly lnTokens: number } }) => ({
  batch: Math.exp(origin.lnBatch),
  tokens: Math.exp(origin.lnTokens),
})
