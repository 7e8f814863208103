import { describe, expect, it } from "vitest"
import { type DivergenceState, fromMetadata, notDiverged, observe, toMetadata } from "./divergence.ts"

const vocabulary = 64
const run = (losses: ReadonlyArray<number>, norm = 1) => {
  let state = notDiverged
  for (const [i, loss] of losses.entries()) {
    const seen = observe(state, { loss, norm, vocabulary })
    if (seen.reason !== undefined) return { step: i + 1, reason: seen.reason }
    state = seen.state
  }
  return state
}
const repeat = (count: number, loss: number) => new Array<number>(count).fill(loss)

describe("divergence", () => {
  it("sees a loss or a norm that is not finite at once", () => {
    expect(run([4, Number.NaN])).toEqual({ step: 2, reason: "the training loss is NaN" })
    expect(run([Number.POSITIVE_INFINITY])).toMatchObject({ step: 1 })
    expect(run([4], Number.NaN)).toEqual({ step: 1, reason: "the gradient norm is NaN" })
  })

  it("forgives a spike and a slow start, not a level", () => {
    const level = Math.log(vocabulary)
    expect(run([...repeat(30, level), 30, ...repeat(100, level)])).toMatchObject({ steps: 131 })
    expect(run(repeat(200, level + 1.9))).toMatchObject({ steps: 200 })
    // Starts at ln V and jumps to ln V + 3: the mean passes ln V + 2 once 0.95^k < (1 - 0.95^(n + k)) / 3.
    const after = run([...repeat(100, level), ...repeat(100, level + 3)])
    expect(after).toMatchObject({ step: 100 + Math.ceil(Math.log(1 / 3) / Math.log(0.95)) })
  })

  it("measures from the first loss where that is above ln V", () => {
    expect(run(repeat(100, 12))).toMatchObject({ steps: 100 })
    expect(run([5, ...repeat(100, 12)])).toMatchObject({ step: 20 })
  })

  it("goes on from its metadata", () => {
    const state = run([4.5, 4.25, 4.125]) as DivergenceState
    expect(fromMetadata(JSON.parse(JSON.stringify(toMetadata(state))))).toEqual(state)
    expect(fromMetadata({})).toEqual(notDiverged)
  })
})
