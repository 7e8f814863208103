import { random, sequence } from "@ts/random"
import { beforeAll, describe, expect, it } from "vitest"
import { inverse, type Matrix, times, transpose } from "../../test/dense.ts"
import { covarianceOfLosses, type Dense, dense, unbalancedRows } from "../../test/unbalanced.ts"
import type { NoiseLevel } from "../law.ts"
import type { Row } from "../row.ts"
import { shape } from "../skewed.ts"
import { fitWindow } from "../windowed.ts"
import { type Gathered, gatherEvidence } from "./gather.ts"

const skew = 0.3
const noise: NoiseLevel = { deviation: 0.01, shared: 0.6, source: "supplied", degrees: Infinity }
let study: Dense
let gathered: Gathered
/** Coefficients of all cells in the order of the windows, as a linear map of the stacked losses. */
let map: Matrix
beforeAll(() => {
  study = dense(unbalancedRows(7), skew)
  gathered = gatherEvidence(study.blocks, study.groups, noise, { skew, error: 0.05 })
  map = times(inverse(times(transpose(study.design), study.design)), transpose(study.design))
})

describe("the evidence of a study", () => {
  it("has slope and curvature of each window, and where it stands", () => {
    const { evidence, members } = gathered
    expect(evidence).toMatchObject({ cells: 8, skew, skewError: 0.05 })
    const beta = times(
      map,
      study.losses.map((y) => [y]),
    )
    members.forEach((profile, cell) => {
      const at = study.windows.findIndex((w) => w.profile === profile)
      expect(evidence.slope[cell]).toBeCloseTo(beta[3 * at + 1][0], 9)
      expect(evidence.curvature[cell]).toBeCloseTo(beta[3 * at + 2][0], 9)
      expect(evidence.reference[cell]).toBe(study.windows[at].reference)
      const { batch, tokens } = study.groups[profile]
      expect([evidence.lnBatch[cell], evidence.lnTokens[cell], evidence.lnSize[cell]]).toEqual([
        Math.log(batch),
        Math.log(tokens),
        0,
      ])
      const { bySkew } = study.fitted[at].fit
      expect([evidence.slopeBySkew[cell], evidence.curvatureBySkew[cell]]).toEqual([bySkew[1], bySkew[2]])
    })
  })

  it("has the covariance of dense least squares", () => {
    const { evidence, members } = gathered
    const all = times(map, covarianceOfLosses(study, noise.deviation, noise.shared), transpose(map))
    const at = (cell: number) => 3 * study.windows.findIndex((w) => w.profile === members[cell])
    for (const { first, cells: n, slopes, mixed, curvatures } of evidence.blocks)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          const [p, q] = [at(first + i), at(first + j)]
          expect(slopes[i * n + j]).toBeCloseTo(all[p + 1][q + 1], 12)
          expect(mixed[i * n + j]).toBeCloseTo(all[p + 1][q + 2], 12)
          expect(curvatures[i * n + j]).toBeCloseTo(all[p + 2][q + 2], 12)
          // None of it is nothing.
          expect(Math.abs(slopes[i * n + j])).toBeGreaterThan(1e-8)
        }
    // Blocks share no trunk.
    const [one, two] = [at(0), at(4)]
    expect(all[one + 1][two + 1]).toBe(0)
  })

  it("has the covariance that 5,000 draws of the noise show", () => {
    const { evidence, members } = gathered
    const draws = sequence(random(1, "gather"))
    const names = [...new Set(study.rows.map((row) => row.runId))]
    const n = 5000
    const windows = study.windows.filter(({ profile }) => members.slice(0, 4).includes(profile))
    const sums = Array.from({ length: 8 }, () => new Float64Array(8))
    for (let k = 0; k < n; k++) {
      const trunks = new Map(names.map((name) => [name, 0.01 * Math.sqrt(0.6) * draws.normal()] as const))
      const losses = study.rows.map((row) => (trunks.get(row.runId) ?? 0) + 0.01 * Math.sqrt(0.4) * draws.normal())
      const values = windows.flatMap((window) => [...(fitWindow(window, losses, skew)?.coefficients.slice(1) ?? [])])
      values.forEach((x, i) => {
        values.forEach((y, j) => {
          sums[i][j] += (x * y) / n
        })
      })
    }
    const { slopes, mixed, curvatures } = evidence.blocks[0]
    const expected = (i: number, j: number) => {
      const [a, b] = [i >> 1, j >> 1]
      if (i % 2 === 0 && j % 2 === 0) return slopes[4 * a + b]
      if (i % 2 === 1 && j % 2 === 1) return curvatures[4 * a + b]
      return i % 2 === 0 ? mixed[4 * a + b] : mixed[4 * b + a]
    }
    // A correlation from 5,000 draws has an error of 0.014 at most.
    for (let i = 0; i < 8; i++)
      for (let j = 0; j < 8; j++)
        expect(Math.abs(sums[i][j] - expected(i, j)) / Math.sqrt(expected(i, i) * expected(j, j))).toBeLessThan(0.06)
  })

  it("has no covariance where no noise is known", () => {
    const { evidence } = gathered
    const unknown = gatherEvidence(
      study.blocks,
      study.groups,
      { deviation: NaN, shared: 0.5, source: "unknown", degrees: 0 },
      { skew, error: 0 },
    )
    for (const { slopes, mixed, curvatures } of unknown.evidence.blocks)
      for (const value of [...slopes, ...mixed, ...curvatures]) expect(Math.abs(value)).toBe(0)
    expect([...unknown.evidence.slope]).toEqual([...evidence.slope])
  })
})

describe("which cells enter", () => {
  const cell = (tokens: number, curvature: number, size?: number): ReadonlyArray<Row> =>
    [-2, -1, 0, 1, 2].map((z, k) => ({
      runId: `e${k}`,
      seed: 1,
      tokens,
      batch: 64,
      eta: Math.exp(z - 5),
      width: 0,
      ...(size === undefined ? {} : { size }),
      average: "none",
      loss: 3 + curvature * shape(z - 0.2, 0),
      status: "finished",
      provenance: {},
    }))
  const gatheredFrom = (rows: ReadonlyArray<Row>) => {
    const { blocks, groups } = dense(rows, 0)
    const found = gatherEvidence(blocks, groups, noise, { skew: 0, error: 0 })
    return { ...found, horizons: [...found.evidence.lnTokens].map((t) => Number(Math.exp(t).toFixed(6))) }
  }

  it("are those that bend upwards, whose correlations stay with them", () => {
    const {
      evidence: found,
      members: kept,
      horizons,
    } = gatheredFrom([...cell(1000, 0.05), ...cell(2000, -0.05), ...cell(4000, 0.08)])
    expect(horizons).toEqual([1000, 4000])
    expect(kept).toEqual([0, 2])
    expect(found.blocks).toMatchObject([{ first: 0, cells: 2 }])
    // The same rates in both: fully alike but for the unshared part.
    expect(found.blocks[0].slopes[1] / found.blocks[0].slopes[0]).toBeCloseTo(0.6, 10)
    expect(gatheredFrom(cell(1000, -0.05))).toMatchObject({ members: [], evidence: { cells: 0, blocks: [] } })
  })

  it("carry the size where it is known", () => {
    const sized = [...cell(1000, 0.05, 1e6), ...cell(4000, 0.05, 4e6), ...cell(2000, 0.05, 9e6)]
    expect([...gatheredFrom(sized).evidence.lnSize]).toEqual([Math.log(1e6), Math.log(9e6), Math.log(4e6)])
  })

  it("are at most sixteen of one trunk, spread evenly over its horizons", () => {
    const all = Array.from({ length: 31 }, (_, k) => cell(1000 * 2 ** (k / 3), 0.05)).flat()
    const { horizons, members: kept } = gatheredFrom(all)
    expect(kept).toEqual(Array.from({ length: 16 }, (_, k) => 2 * k))
    expect(horizons[0]).toBe(1000)
    expect(horizons[15]).toBeCloseTo(1000 * 2 ** 10, 3)
    expect(gatheredFrom(Array.from({ length: 16 }, (_, k) => cell(1000 * 2 ** k, 0.05)).flat()).members).toHaveLength(
      16,
    )
    // Crowded at one end: fewer, rather than crowded again.
    const crowded = [...Array.from({ length: 20 }, (_, k) => cell(1000 + k, 0.05)), cell(1e6, 0.05)].flat()
    expect(gatheredFrom(crowded).members).toEqual([0, 19, 20])
  })
})
