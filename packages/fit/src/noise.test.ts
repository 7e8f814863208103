import { describe, expect, it } from "vitest"
import { type Grid, octaves, simulate, type Truth } from "../test/simulate.ts"
import { noiseLevel } from "./noise.ts"
import { profiles } from "./profiles.ts"

const truth: Truth = { peakBatch: () => 2 ** 9, peakEta: () => 2 ** -7, noise: 0.004, shared: 0.5 }
const levelOf = (grid: Partial<Grid>, options: Parameters<typeof noiseLevel>[2] = {}, of = truth) => {
  const rows = simulate(of, { batches: octaves(6, 11), horizons: octaves(15, 18), etas: octaves(-10, -5), ...grid }, 11)
  return noiseLevel(rows, profiles(rows), options)
}

describe("noiseLevel", () => {
  it("takes what is supplied, exactly", () => {
    expect(levelOf({}, { noise: 0.01, sharedNoise: 0.3 })).toEqual({
      deviation: 0.01,
      shared: 0.3,
      source: "supplied",
      degrees: Infinity,
    })
  })

  it("prefers repeated seeds, counted once per trunk", () => {
    const level = levelOf({ seeds: [1, 2, 3] })
    expect(level.source).toBe("repeats")
    expect(Math.abs(level.deviation / 0.004 - 1)).toBeLessThan(0.25)
    // Six batches, six rates, two repeats each; the four horizons of a trunk count once. Rates far off are left out.
    expect(level.degrees).toBeLessThanOrEqual(72)
    expect(level.degrees).toBeGreaterThan(40)
  })

  it("leaves repeats near a cliff out: they scatter by its height", () => {
    const rows = simulate(truth, { batches: [64], horizons: [2 ** 15], etas: octaves(-12, -5), seeds: [1, 2, 3] }, 1)
    const cliff = rows.map((row) => (row.eta === 2 ** -5 ? { ...row, loss: row.loss + 0.5 + 0.2 * row.seed } : row))
    expect(noiseLevel(cliff, profiles(cliff)).deviation).toBeLessThan(0.008)
  })

  it.each([
    ["half octaves", octaves(-10, -5, 0.5), 0],
    ["octaves", octaves(-10, -5), 0],
    ["octaves of skewed profiles, on the large side", octaves(-10, -5), 0.15],
    ["four octaves", octaves(-9, -6), 0],
  ])("falls back to the residuals of profiles: %s", (_, etas, skew) => {
    const level = levelOf({ etas }, {}, { ...truth, skew })
    expect(level.source).toBe("residuals")
    expect(level.deviation).toBeGreaterThan(0.0027)
    expect(level.deviation).toBeLessThan(0.008)
    expect(level.degrees).toBeGreaterThanOrEqual(1)
  })

  it("says that it does not know", () => {
    expect(levelOf({ etas: octaves(-8, -6) })).toMatchObject({ source: "unknown", degrees: 0, deviation: NaN })
    expect(noiseLevel([], [])).toMatchObject({ source: "unknown" })
  })
})
