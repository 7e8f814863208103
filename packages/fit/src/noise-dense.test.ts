import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { combine, identity, inverse, type Matrix, times, trace, transpose } from "../test/dense.ts"
import { covarianceOfLosses, type Dense, dense, unbalancedRows } from "../test/unbalanced.ts"
import { type Fitted, sandwich, trunkBlocks } from "./blocks.ts"
import { noiseOf } from "./noise.ts"
import type { Row } from "./row.ts"
import { fitWindow } from "./windowed.ts"

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

describe("blocks", () => {
  it("are the cells connected by trunks, directly or through others", () => {
    const study = dense(unbalancedRows(2), skew)
    // Trunks run through the horizons of one batch.
    expect(study.blocks.map(({ cells }) => cells.length)).toEqual([4, 4])
    for (const { cells } of study.blocks)
      expect(new Set(cells.map(({ window }) => study.groups[window.profile].batch)).size).toBe(1)
  })

  it("hold what each pair of cells shares", () => {
    const study = dense(unbalancedRows(2), skew)
    const hat = times(study.design, inverse(times(transpose(study.design), study.design)), transpose(study.design))
    for (const { cells, pairs } of study.blocks) {
      expect(pairs).toHaveLength(6)
      for (const { i, j, cross, shared, leverage } of pairs) {
        expect(j).toBeLessThan(i)
        const [one, two] = [cells[i].window, cells[j].window]
        const common = one.rows.flatMap((r) =>
          two.rows.flatMap((q) => (study.rows[r].runId === study.rows[q].runId ? [[r, q]] : [])),
        )
        expect(shared).toBe(common.length)
        const at = (row: number) => study.readings.indexOf(row)
        const x = (row: number) => {
          const cell = study.windows.findIndex((window) => window.rows.includes(row))
          return study.design[at(row)].slice(3 * cell, 3 * cell + 3)
        }
        expect(leverage).toBeCloseTo(
          common.reduce((sum, [r, q]) => sum + hat[at(r)][at(r)] + hat[at(q)][at(q)], 0),
          10,
        )
        for (let k = 0; k < 3; k++)
          for (let l = 0; l < 3; l++)
            expect(cross[3 * k + l]).toBeCloseTo(
              common.reduce((sum, [r, q]) => sum + x(r)[k] * x(q)[l], 0),
              12,
            )
      }
    }
  })

  it("join through a third cell, and stand alone without a shared trunk", () => {
    const rows = (names: ReadonlyArray<string>, tokens: number): ReadonlyArray<Row> =>
      names.map((runId, k) => ({
        runId,
        seed: 1,
        tokens,
        batch: 64,
        eta: 2 ** (k - 8),
        width: 0,
        average: "none",
        loss: 2 + 0.02 * (k - 1) ** 2,
        status: "finished",
        provenance: {},
      }))
    const study = dense(
      [
        ...rows(["a", "b", "c"], 1000),
        ...rows(["c", "d", "e"], 2000),
        ...rows(["e", "f", "g"], 4000),
        ...rows(["h", "i", "j"], 8000),
      ],
      0,
    )
    expect(study.blocks.map(({ cells, pairs }) => [cells.length, pairs.length])).toEqual([
      [3, 2],
      [1, 0],
    ])
  })
})

it("multiplies three matrices", () => {
  const [a, b, c] = [
    [1, 2, 0, -1, 3, 1, 2, 0, 5],
    [2, 1, 1, 0, 3, -1, 4, 1, 2],
    [1, 0, 2, 5, 1, 1, -2, 3, 1],
  ]
  const square = (values: ReadonlyArray<number>) => [values.slice(0, 3), values.slice(3, 6), values.slice(6)]
  const found = sandwich(Float64Array.from(a), Float64Array.from(b), Float64Array.from(c))
  expect([...found]).toEqual(times(square(a), square(b), square(c)).flat())
})
