import { describe, expect, it } from "vitest"
import { octaves, simulate, type Truth } from "../test/simulate.ts"
import { profiles } from "./profiles.ts"
import type { Row } from "./row.ts"
import { shapeOf } from "./study.ts"

const truth: Truth = { peakBatch: () => 2 ** 9, peakEta: () => 2 ** -7, noise: 0.003 }
const noiseOf = (rows: ReadonlyArray<Row>, options = {}) => shapeOf(rows, profiles(rows), options).noise

/** Mean over studies of what is estimated. */
const averaged = (shared: number, grid: Parameters<typeof simulate>[1], studies = 60) => {
  let variance = 0
  let part = 0
  for (let k = 0; k < studies; k++) {
    const { deviation, shared: found } = noiseOf(simulate({ ...truth, shared }, grid, k))
    variance += deviation ** 2 / studies
    part += found / studies
  }
  return { deviation: Math.sqrt(variance), shared: part }
}

describe("the noise of a loss", () => {
  const octaveGrid = { batches: octaves(7, 11), horizons: octaves(15, 18), etas: octaves(-10, -4) }

  it("is unbiased, and so is the part that a trunk shares", () => {
    for (const shared of [0.2, 0.5, 0.8]) {
      const found = averaged(shared, octaveGrid)
      expect(found.deviation / 0.003).toBeGreaterThan(0.95)
      expect(found.deviation / 0.003).toBeLessThan(1.05)
      expect(Math.abs(found.shared - shared)).toBeLessThan(0.12)
    }
  })

  it("takes repeated seeds for residuals like others", () => {
    const found = averaged(0.5, {
      batches: octaves(8, 10),
      horizons: octaves(15, 17),
      etas: octaves(-9, -6),
      seeds: [1, 2, 3],
    })
    expect(found.deviation / 0.003).toBeGreaterThan(0.94)
    expect(found.deviation / 0.003).toBeLessThan(1.06)
  })

  it("has fewer degrees of freedom the more a trunk shares", () => {
    const at = (shared: number) => noiseOf(simulate({ ...truth, shared }, octaveGrid, 1)).degrees
    expect(at(0.95)).toBeLessThan(0.6 * at(0))
  })

  it("takes what is supplied, exactly, and still estimates what is shared", () => {
    const rows = simulate({ ...truth, shared: 0.5 }, octaveGrid, 3)
    expect(noiseOf(rows, { noise: 0.01 })).toMatchObject({ deviation: 0.01, source: "supplied", degrees: Infinity })
    expect(noiseOf(rows, { noise: 0.01, sharedNoise: 0.25 }).shared).toBe(0.25)
  })

  it("is half shared where single readings cannot tell", () => {
    expect(noiseOf(simulate(truth, { ...octaveGrid, horizons: [2 ** 16] }, 1)).shared).toBe(0.5)
  })

  it("says that it does not know", () => {
    const three = simulate(truth, { batches: [2 ** 9], horizons: [2 ** 16], etas: octaves(-8, -6) }, 1)
    expect(noiseOf(three)).toMatchObject({ source: "unknown", degrees: 0 })
    expect(noiseOf(three).deviation).toBeNaN()
  })
})
