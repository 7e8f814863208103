import { describe, expect, it } from "vitest"
import { octaves, simulate, type Truth } from "../../test/simulate.ts"
import { fitLaw } from "../fit-law.ts"
import { predict } from "../predict.ts"
import { isEstimate, type Result } from "../result.ts"
import { nextRuns, type Proposal, type Question } from "./next-runs.ts"

const truth: Truth = {
  peakBatch: (t) => 2 ** 9 * (t / 2 ** 17) ** 0.8,
  peakEta: () => 2 ** -7,
  noise: 0.004,
  skew: 0.3,
}
const grid = { batches: octaves(7, 11), horizons: octaves(17, 20), etas: octaves(-11.5, -4.5) }

const proposals = (found: ReturnType<typeof nextRuns>): ReadonlyArray<Proposal> => {
  if ("_tag" in found) throw new Error(found.message)
  return found
}
/** Half the interval in standard errors; in ln for rates. */
const deviation = (result: Result): number => {
  if (!isEstimate(result) || result.interval === undefined) return NaN
  const { low, high } = result.interval
  return (result.scale === "log" ? Math.log(high / low) : high - low) / (2 * 1.645)
}
const median = (values: ReadonlyArray<number>) => [...values].sort((a, b) => a - b)[values.length >> 1]

describe("which runs next", () => {
  it.each<[string, Question]>([
    ["the exponent of B_crit", { about: "exponent" }],
    ["a rate eight times further", { about: "eta", tokens: 2 ** 23, batch: 2 ** 11 }],
  ])("promises for %s what training them keeps", (_, question) => {
    const answer = (rows: Parameters<typeof fitLaw>[0]): number => {
      const law = fitLaw(rows, { resamples: 0 })
      return deviation(question.about === "exponent" ? law.powerLaws.peakBatch.exponent : predict(law, question).eta)
    }
    const ratios: Array<number> = []
    for (let k = 0; k < 20; k++) {
      const rows = simulate(truth, grid, k)
      const [first] = proposals(nextRuns(fitLaw(rows, { resamples: 0 }), question))
      const { batch, etas, readings } = first
      const trained = simulate(truth, { batches: [batch], horizons: readings, etas, seeds: [9] }, 5000 + k)
      ratios.push(answer([...rows, ...trained]) / first.after)
    }
    expect(median(ratios)).toBeGreaterThan(0.8)
    expect(median(ratios)).toBeLessThan(1.25)
  })

  it("ranks by what a token buys, one proposal for each batch", () => {
    const found = proposals(nextRuns(fitLaw(simulate(truth, grid, 1), { resamples: 0 }), { about: "exponent" }, 5))
    const gains = found.map(({ now, after, cost }) => (now - after) / cost)
    expect([...gains].sort((a, b) => b - a)).toEqual(gains)
    expect(new Set(found.map((p) => p.batch)).size).toBe(found.length)
    for (const p of found) {
      expect(p.after).toBeLessThan(p.now)
      expect(p.flops).toBeUndefined()
      expect(p.etas).toHaveLength(3)
      expect(p.cost).toBe(p.kind === "longer" ? 3 * (p.tokens - 2 ** 20) : 3 * p.tokens)
    }
  })

  it("counts FLOPs where the size is known", () => {
    const rows = simulate(truth, grid, 1).map((row) => ({ ...row, size: 1e6 }))
    const [first] = proposals(nextRuns(fitLaw(rows, { resamples: 0 }), { about: "exponent" }))
    expect(first.flops).toBe(6e6 * first.cost)
  })

  it("asks for larger batches where the peak lies beyond the grid", () => {
    const beyond: Truth = { ...truth, peakBatch: (t) => 2 ** 13 * (t / 2 ** 17) ** 0.8 }
    const found = proposals(nextRuns(fitLaw(simulate(beyond, grid, 2), { resamples: 0 }), { about: "exponent" }, 2))
    expect(Math.max(...found.map((p) => p.batch))).toBeGreaterThan(2 ** 11)
  })

  it("reads single-horizon runs at their end only", () => {
    const rows = simulate({ ...truth, shared: 0 }, grid, 3).map((row, i) => ({ ...row, runId: `${i}` }))
    for (const p of proposals(nextRuns(fitLaw(rows, { resamples: 0 }), { about: "exponent" }, 5)))
      expect(p.readings).toEqual([p.tokens])
  })

  it("says what is missing where it cannot plan", () => {
    expect(nextRuns(fitLaw([]), { about: "exponent" })).toMatchObject({ reason: "too-few-cells" })
    const three = simulate({ ...truth, skew: 0 }, { ...grid, etas: octaves(-9, -7) }, 1)
    const unknown = fitLaw(three.map((row, i) => ({ ...row, runId: `${i}` })))
    expect(nextRuns(unknown, { about: "exponent" })).toMatchObject({ reason: "no-noise-level" })
    const once = fitLaw(simulate(truth, { ...grid, horizons: [2 ** 18] }, 1), { resamples: 0 })
    expect(nextRuns(once, { about: "exponent" })).toMatchObject({ reason: "too-few-horizons" })
    const law = fitLaw(simulate(truth, grid, 1), { resamples: 0 })
    expect(() => nextRuns(law, { about: "eta", tokens: 0, batch: 1 })).toThrow("tokens is 0")
    expect(() => nextRuns(law, { about: "exponent" }, 0)).toThrow("most is 0")
  })
})
