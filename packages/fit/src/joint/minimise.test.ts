import { describe, expect, it } from "vitest"
import { generalisedLeastSquares, identity } from "../../test/dense.ts"
import { minimise } from "./minimise.ts"
import type { Objective } from "./objective.ts"

/** A sum of squares from its residuals and their derivatives. */
const problem = (
  parameters: number,
  residuals: (x: ReadonlyArray<number>) => ReadonlyArray<number>,
  jacobian: (x: ReadonlyArray<number>) => ReadonlyArray<ReadonlyArray<number>>,
): Objective & { readonly calls: () => number } => {
  const gradient = new Float64Array(parameters)
  const hessian = new Float64Array(parameters ** 2)
  let calls = 0
  return {
    parameters,
    gradient,
    hessian,
    calls: () => calls,
    evaluate: (at, derivatives) => {
      const x = Array.from(at)
      calls++
      const r = residuals(x)
      if (derivatives) {
        const j = jacobian(x)
        for (let k = 0; k < parameters; k++) {
          gradient[k] = r.reduce((sum, value, i) => sum + value * j[i][k], 0)
          for (let l = 0; l < parameters; l++)
            hessian[k * parameters + l] = r.reduce((sum, _, i) => sum + j[i][k] * j[i][l], 0)
        }
      }
      const sum = r.reduce((total, value) => total + value * value, 0)
      return Number.isFinite(sum) ? sum : Infinity
    },
  }
}

const rosenbrock = problem(
  2,
  ([x, y]) => [10 * (y - x * x), 1 - x],
  ([x]) => [
    [-20 * x, 10],
    [-1, 0],
  ],
)

const design = [
  [1, 0.2, 1],
  [1, 1.1, -2],
  [1, 2.3, 0.4],
  [1, 2.9, 1.5],
  [1, 4.2, 0.1],
]
const data = [1.2, -0.3, 2.2, 4.1, 3.3]
const linear = problem(
  3,
  (beta) => design.map((row, i) => row.reduce((sum, x, k) => sum + x * beta[k], 0) - data[i]),
  () => design,
)

describe("known problems", () => {
  it("of Rosenbrock, from the usual start and from far away", () => {
    for (const start of [
      [-1.2, 1],
      [6, -8],
      [-30, 20],
    ]) {
      const { parameters, misfit } = minimise(rosenbrock, start, [], 500)
      expect(parameters[0]).toBeCloseTo(1, 5)
      expect(parameters[1]).toBeCloseTo(1, 5)
      expect(misfit).toBeLessThan(1e-10)
    }
  })

  it("of Powell, whose curvature vanishes at the minimum", () => {
    const powell = problem(
      4,
      ([a, b, c, d]) => [a + 10 * b, Math.sqrt(5) * (c - d), (b - 2 * c) ** 2, Math.sqrt(10) * (a - d) ** 2],
      ([a, b, c, d]) => [
        [1, 10, 0, 0],
        [0, 0, Math.sqrt(5), -Math.sqrt(5)],
        [0, 2 * (b - 2 * c), -4 * (b - 2 * c), 0],
        [2 * Math.sqrt(10) * (a - d), 0, 0, -2 * Math.sqrt(10) * (a - d)],
      ],
    )
    expect(minimise(powell, [3, -1, 0, 1]).misfit).toBeLessThan(1e-9)
  })

  it("of a straight line, in a few steps", () => {
    const before = linear.calls()
    const { parameters, misfit } = minimise(linear, [0, 0, 0])
    const { beta, residual } = generalisedLeastSquares(design, data, identity(5))
    beta.forEach((b, k) => {
      expect(parameters[k]).toBeCloseTo(b, 6)
    })
    expect(misfit).toBeCloseTo(residual, 9)
    expect(linear.calls() - before).toBeLessThan(16)
  })
})

describe("parameters that are held", () => {
  it("stay, and the others make the best of it", () => {
    const { parameters, misfit } = minimise(linear, [0, 0.4, 0], [1])
    expect(parameters[1]).toBe(0.4)
    const { beta, residual } = generalisedLeastSquares(
      design.map(([one, , z]) => [one, z]),
      data.map((y, i) => y - 0.4 * design[i][1]),
      identity(5),
    )
    expect(parameters[0]).toBeCloseTo(beta[0], 6)
    expect(parameters[2]).toBeCloseTo(beta[1], 6)
    expect(misfit).toBeCloseTo(residual, 9)
  })

  it("may be all of them", () => {
    const { parameters, misfit } = minimise(linear, [1, 2, 3], [0, 1, 2])
    expect([...parameters]).toEqual([1, 2, 3])
    expect(misfit).toBe(linear.evaluate([1, 2, 3], false))
  })
})

describe("steps", () => {
  it("are bounded in number and in length", () => {
    expect([...minimise(rosenbrock, [-1.2, 1], [], 0).parameters]).toEqual([-1.2, 1])
    const far = minimise(
      problem(
        1,
        ([x]) => [x - 100],
        () => [[1]],
      ),
      [0],
      [],
      3,
    )
    expect([...far.parameters]).toEqual([6])
    const back = minimise(
      problem(
        1,
        ([x]) => [x + 100],
        () => [[1]],
      ),
      [0],
      [],
      3,
    )
    expect([...back.parameters]).toEqual([-6])
  })

  it("never go up, and turn back from where there is no value", () => {
    const log = problem(
      1,
      ([x]) => [Math.log(x) - 1],
      ([x]) => [[1 / x]],
    )
    // The first full step from 3.9 would be short, from 20 it leads to below zero.
    for (const start of [0.05, 3.9, 20]) expect(minimise(log, [start]).parameters[0]).toBeCloseTo(Math.E, 5)
    let last = Infinity
    for (let steps = 0; steps < 25; steps++) {
      const { misfit } = minimise(rosenbrock, [-1.2, 1], [], steps)
      expect(misfit).toBeLessThanOrEqual(last)
      last = misfit
    }
  })

  it("end where there is nothing to gain", () => {
    const flat = problem(
      2,
      () => [2],
      () => [[0, 0]],
    )
    expect(minimise(flat, [3, 4])).toEqual({ parameters: Float64Array.of(3, 4), misfit: 4 })
    expect(flat.calls()).toBeLessThan(5)
    const nowhere = problem(
      1,
      () => [Infinity],
      () => [[NaN]],
    )
    expect(minimise(nowhere, [3])).toEqual({ parameters: Float64Array.of(3), misfit: Infinity })
  })
})
