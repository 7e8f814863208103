import { describe, expect, it } from "vitest"
import { type EvaluationNoise, evaluationNoise } from "./evaluationNoise.ts"

const noise: EvaluationNoise = { deviation: 2, shared: 0.25, seed: 3 }
const many = 4000

describe("evaluation noise", () => {
  it("is the same whenever and in whatever order it is asked", () => {
    const [a, b] = [evaluationNoise(noise, "run"), evaluationNoise(noise, "run")]
    const forth = [1, 2, 3].map((step) => a(step, "none"))
    expect([3, 2, 1].map((step) => b(step, "none")).reverse()).toEqual(forth)
    expect(evaluationNoise({ ...noise, seed: 4 }, "run")(1, "none")).not.toBe(forth[0])
  })

  it("has the declared variance and shares the declared part along a trunk, a branch included, and with no other run", () => {
    const draws = Array.from({ length: many }, (_, i) => {
      const trunk = evaluationNoise(noise, `run ${i}`)
      const branch = evaluationNoise(noise, `branch ${i}`, `run ${i}`)
      const other = evaluationNoise(noise, `other ${i}`)
      return [trunk(8, "none"), trunk(9, "none"), trunk(8, "ewa:0.9"), branch(8, "none"), other(8, "none")]
    })
    const covariance = (i: number, j: number) => draws.reduce((sum, d) => sum + d[i]! * d[j]!, 0) / many
    // Standard errors: of a variance of 4 from 4000 draws 0.089, of a covariance 0.065; bounds are four of them.
    for (const i of [0, 1, 2, 3, 4]) expect(Math.abs(covariance(i, i) - 4)).toBeLessThan(0.36)
    for (const i of [1, 2, 3]) expect(Math.abs(covariance(0, i) - 1)).toBeLessThan(0.27)
    expect(Math.abs(covariance(0, 4))).toBeLessThan(0.26)
  })

  it("is nothing without deviation", () => {
    expect(evaluationNoise({ ...noise, deviation: 0 }, "run")(1, "none")).toBe(0)
  })
})
