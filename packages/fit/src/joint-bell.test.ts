import { describe, expect, it } from "vitest"
import { octaves, simulate, type Truth } from "../test/simulate.ts"
import { bellEta } from "./bell.ts"
import { fitLaw } from "./fit-law.ts"
import { jointBell, jointBellAt } from "./joint-bell.ts"
import { isEstimate } from "./result.ts"

const truth: Truth = {
  peakBatch: (t) => 2 ** 8.5 * (t / 2 ** 16) ** 0.7,
  peakEta: (t) => 2 ** -7 * (t / 2 ** 16) ** -0.1,
}
const cells = fitLaw(
  simulate(truth, { batches: octaves(6, 12), horizons: octaves(15, 18), etas: octaves(-11, -4) }, 1),
  { noise: 0.001, resamples: 0 },
).cells

describe("jointBell", () => {
  it("recovers peak, height and both exponents from a start that is far off", () => {
    const found = jointBell(cells, { reference: 2 ** 16, parameters: [-4, 0.3, Math.log(2 ** 7), 0.2] })
    const exact = [-7 * Math.LN2, -0.1, 8.5 * Math.LN2, 0.7]
    for (const [i, value] of exact.entries()) expect(found?.parameters[i]).toBeCloseTo(value, 5)
    expect(found).toMatchObject({ cells: 28, degrees: 24, deviation: 0 })
  })

  it("predicts along the law, with the covariance of the linearised fit", () => {
    const found = jointBell(cells, { reference: 2 ** 16, parameters: [-5, 0, 6, 0.5] })
    if (found === undefined) throw new Error("not found")
    const at = jointBellAt(found, { batch: 2 ** 9, tokens: 2 ** 21 })
    expect(isEstimate(at) && at.value / bellEta(2 ** 9, truth.peakBatch(2 ** 21), truth.peakEta(2 ** 21))).toBeCloseTo(
      1,
      4,
    )
    // Central differences of the law in its parameters give the same variance.
    const ln = (parameters: ReadonlyArray<number>) => {
      const moved = jointBellAt({ ...found, parameters }, { batch: 2 ** 9, tokens: 2 ** 21 })
      return isEstimate(moved) ? Math.log(moved.value) : NaN
    }
    const h = 1e-5
    const g = found.parameters.map((_, i) => {
      const shift = (sign: number) => found.parameters.map((p, j) => (i === j ? p + sign * h : p))
      return (ln(shift(1)) - ln(shift(-1))) / (2 * h)
    })
    let variance = 0
    for (let i = 0; i < 4; i++) for (let j = 0; j < 4; j++) variance += g[i] * found.covariance[4 * i + j] * g[j]
    expect(isEstimate(at) && at.standardError).toBeCloseTo(Math.sqrt(variance), 7)
  })

  it("does not exist for a handful of cells or a single horizon", () => {
    expect(jointBell(cells.slice(0, 5), { reference: 1, parameters: [0, 0, 0, 0] })).toBeUndefined()
    const one = cells.filter((cell) => cell.tokens === 2 ** 16)
    expect(jointBell(one, { reference: 2 ** 16, parameters: [-5, 0, 6, 0.5] })).toBeUndefined()
  })
})
