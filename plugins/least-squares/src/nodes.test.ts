import { describe, expect, it } from "vitest"
import { descentOn } from "./descent.ts"
import { type Nodes, nodesOf } from "./nodes.ts"
import { modesOf, type Problem } from "./problem.ts"

const everyMode = (problem: Problem): Nodes => ({
  ...modesOf(problem),
  weight: new Float64Array(problem.modes).fill(1),
})

/** Last iterate, averages from the first step, of the last half, and exponential. */
const risks = (nodes: Nodes, sigma: number, steps: number, gamma: number, batch: number): ReadonlyArray<number> => {
  const first = descentOn(nodes, sigma)
  const [uniform, exponential] = [first.average(), first.average(0.99)]
  first.advance([{ steps, gamma, batch }])
  const second = first.copy()
  const tail = second.average()
  second.advance([{ steps, gamma: gamma / 2, batch }])
  return [first.risk(), uniform(), exponential(), tail()]
}

describe("nodes", () => {
  it("are the modes themselves where these are few", () => {
    const problem: Problem = { a: 2, b: 3, modes: 30, sigma: 1, signal: 2 }
    const { probability, error, weight } = nodesOf(problem)
    expect({ probability, error }).toEqual(modesOf(problem))
    expect(weight).toEqual(new Float64Array(30).fill(1))
  })

  it.each([
    [1.2, 1.5],
    [1.5, 2.5],
    [2, 3],
    [1.5, 6],
    [3, 2],
    [4, 8],
    [2, 12],
  ])("a few hundred give the risks of 20,000 modes to 1e-9: a = %d, b = %d", (a, b) => {
    const problem: Problem = { a, b, modes: 20_000, sigma: 1, signal: 1 }
    const nodes = nodesOf(problem)
    expect(nodes.weight.length).toBeLessThan(600)
    expect(nodes.weight.reduce((x, y) => x + y, 0)).toBeCloseTo(20_000, 6)
    const every = everyMode(problem)
    let worst = 0
    for (const steps of [1, 100, 10_000, 2 ** 30])
      for (const gamma of [0.01, 1.5])
        for (const batch of [1, 4096]) {
          const expected = risks(every, 1, steps, gamma, batch)
          risks(nodes, 1, steps, gamma, batch).forEach((risk, i) => {
            worst = Math.max(worst, Math.abs(risk / expected[i]! - 1))
          })
        }
    expect(worst).toBeLessThan(1e-9)
  })
})
