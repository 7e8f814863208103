import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { combine, identity, inverse, type Matrix, times, trace, transpose } from "../test/dense.ts"
import { octaves, simulate, type Truth } from "../test/simulate.ts"
import { covarianceOfLosses, type Dense, dense, unbalancedRows } from "../test/unbalanced.ts"
import { type Fitted, trunkBlocks } from "./blocks.ts"
import { noiseOf } from "./noise.ts"
import { profiles } from "./profiles.ts"
import type { Row } from "./row.ts"
import { shapeOf } from "./study.ts"
import { fitWindow } from "./windowed.ts"

const truth: Truth = { peakBatch: () => 2 ** 9, peakEta: () => 2 ** -7, noise: 0.003 }
const noiseIn = (rows: ReadonlyArray<Row>, options = {}) => shapeOf(rows, profiles(rows), options).noise

/** Mean over studies of what is estimated. */
const averaged = (shared: number, grid: Parameters<typeof simulate>[1], studies = 60) => {
  let variance = 0
  let part = 0
  for (let k = 0; k < studies; k++) {
    const { deviation, shared: found } = noiseIn(simulate({ ...truth, shared }, grid, k))
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
    const at = (shared: number) => noiseIn(simulate({ ...truth, shared }, octaveGrid, 1)).degrees
    expect(at(0.95)).toBeLessThan(0.6 * at(0))
  })

  it("takes what is supplied, exactly, and still estimates what is shared", () => {
    const rows = simulate({ ...truth, shared: 0.5 }, octaveGrid, 3)
    expect(noiseIn(rows, { noise: 0.01 })).toMatchObject({ deviation: 0.01, source: "supplied", degrees: Infinity })
    expect(noiseIn(rows, { noise: 0.01, sharedNoise: 0.25 }).shared).toBe(0.25)
  })

  it("is half shared where single readings cannot tell", () => {
    expect(noiseIn(simulate(truth, { ...octaveGrid, horizons: [2 ** 16] }, 1)).shared).toBe(0.5)
  })

  it("says that it does not know", () => {
    const three = simulate(truth, { batches: [2 ** 9], horizons: [2 ** 16], etas: octaves(-8, -6) }, 1)
    expect(noiseIn(three)).toMatchObject({ source: "unknown", degrees: 0 })
    expect(noiseIn(three).deviation).toBeNaN()
  })
})

const skew = 0.3

/** I - X (X'X)^-1 X': what a fit leaves of the losses. */
const projection = ({ design }: Dense): Matrix => {
  const hat = times(design, inverse(times(transpose(design), design)), transpose(design))
  return combine(identity(design.length), hat, (one, h) => one - h)
}

/** The moments by brute force. */
const moments = (study: Dense) => {
  const m = projection(study)
  const e = times(
    m,
    study.losses.map((y) => [y]),
  )
  const sums = times(transpose(study.trunks), e)
  const k = times(transpose(study.trunks), m, study.trunks)
  return {
    squares: times(transpose(e), e)[0][0],
    trunks: times(transpose(sums), sums)[0][0],
    degrees: trace(m),
    weight: k.flat().reduce((sum, x) => sum + x * x, 0),
  }
}

describe("the noise of an unbalanced study, against dense projections", () => {
  for (const seed of [1, 2, 3]) {
    const study = dense(unbalancedRows(seed), skew)
    const { squares, trunks, degrees, weight } = moments(study)

    it(`solves the two moment equations (study ${seed})`, () => {
      expect(study.windows).toHaveLength(8)
      const found = noiseOf(study.blocks, study.rows)
      // (own + shared) tr K = squares and own tr K + shared |K|^2 = trunks.
      const total = squares / degrees
      const shared = (trunks - total * degrees) / (weight - degrees)
      const part = Math.min(0.9999, Math.max(0, shared / total))
      expect(found.deviation).toBeCloseTo(Math.sqrt(total), 12)
      expect(found.shared).toBeCloseTo(part, 10)
      expect(found.source).toBe("residuals")
    })

    it(`has the degrees of freedom of Satterthwaite (study ${seed})`, () => {
      for (const sharedNoise of [0, 0.3, 0.8]) {
        const found = noiseOf(study.blocks, study.rows, { sharedNoise })
        const spread = times(projection(study), covarianceOfLosses(study, 1, sharedNoise))
        expect(found.shared).toBe(sharedNoise)
        expect(found.degrees).toBeCloseTo(trace(spread) ** 2 / trace(times(spread, spread)), 8)
      }
    })
  }

  it("gives the variance back on average", () => {
    const study = dense(unbalancedRows(1), skew)
    const draws = sequence(random(5, "noise draws"))
    const names = [...new Set(study.rows.map((row) => row.runId))]
    let variance = 0
    const studies = 1500
    for (let k = 0; k < studies; k++) {
      const trunks = new Map(names.map((name) => [name, 0.6 * draws.normal()] as const))
      const losses = study.rows.map((row) => (trunks.get(row.runId) ?? 0) + 0.8 * draws.normal())
      const fitted = study.windows.map((window) => ({ window, fit: fitWindow(window, losses, skew) }) as Fitted)
      variance += noiseOf(trunkBlocks(fitted, study.rows), study.rows).deviation ** 2 / studies
    }
    expect(Math.abs(variance - 1)).toBeLessThan(0.03)
  })

  it("takes the common parameters off the degrees of freedom", () => {
    const study = dense(unbalancedRows(1), skew)
    const { squares, degrees } = moments(study)
    expect(noiseOf(study.blocks, study.rows, {}, 1).deviation).toBeCloseTo(Math.sqrt(squares / (degrees - 1)), 12)
  })
})

describe("with little to go by", () => {
  const row = (runId: string, eta: number, tokens: number, loss: number): Row => ({
    runId,
    seed: 1,
    tokens,
    batch: 64,
    eta,
    width: 0,
    average: "none",
    loss,
    status: "finished",
    provenance: {},
  })
  const bowl = (rates: number, tokens = 1000, bump = (_: number) => 0) =>
    Array.from({ length: rates }, (_, k) =>
      row(`e${k}`, 2 ** (k - 8), tokens, 2 + 0.02 * (k - 2) ** 2 + (k % 2 === 0 ? 0.001 : -0.001) + bump(k)),
    )

  it("is unknown below three degrees of freedom, and known from there", () => {
    const two = dense(bowl(5), 0)
    expect(noiseOf(two.blocks, two.rows)).toMatchObject({ source: "unknown", degrees: 0, residualDegrees: 0 })
    const three = dense(bowl(6), 0)
    expect(noiseOf(three.blocks, three.rows)).toMatchObject({ source: "residuals", degrees: 3, shared: 0.5 })
    expect(noiseOf(three.blocks, three.rows, {}, 1)).toMatchObject({ source: "unknown", degrees: 0 })
    expect(noiseOf(two.blocks, two.rows, { noise: 0.01 })).toEqual({
      deviation: 0.01,
      shared: 0.5,
      source: "supplied",
      degrees: Infinity,
      residualDegrees: 0,
    })
  })

  it("shares all, just short of singular, where two horizons have the same residuals", () => {
    const same = dense([...bowl(7, 1000), ...bowl(7, 2000)], 0)
    expect(noiseOf(same.blocks, same.rows).shared).toBe(0.9999)
    // Fully shared, two horizons are one: as many degrees of freedom as one has.
    expect(noiseOf(same.blocks, same.rows).degrees).toBeCloseTo(4, 2)
  })

  it("shares nothing where they have opposite ones", () => {
    const bump = (k: number) => (k % 2 === 0 ? -0.002 : 0.002)
    const opposite = dense([...bowl(7, 1000), ...bowl(7, 2000, bump)], 0)
    expect(noiseOf(opposite.blocks, opposite.rows).shared).toBe(0)
    expect(noiseOf(opposite.blocks, opposite.rows).degrees).toBeCloseTo(8, 10)
  })

  it("is half shared where losses are exact, which say nothing about it", () => {
    const flat = (tokens: number) => Array.from({ length: 7 }, (_, k) => row(`e${k}`, 2 ** (k - 8), tokens, 2))
    const exact = dense([...flat(1000), ...flat(2000)], 0)
    expect(noiseOf(exact.blocks, exact.rows)).toMatchObject({ deviation: 0, shared: 0.5, source: "residuals" })
  })
})
