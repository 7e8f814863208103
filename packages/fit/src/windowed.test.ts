import { random, sequence } from "@ts/random"
import { beforeAll, describe, expect, it } from "vitest"
import { combine, diagonal, generalisedLeastSquares, identity, inverse, times, transpose } from "../test/dense.ts"
import { type Dense, dense, unbalancedRows } from "../test/unbalanced.ts"
import { profiles } from "./profiles.ts"
import type { Row } from "./row.ts"
import { shape } from "./skewed.ts"
import { type CellFit, commonSkew, fitWindow, type Windowed, windowed } from "./windowed.ts"

const row = (change: Partial<Row>): Row => ({
  runId: `e${change.eta} s${change.seed}`,
  seed: 1,
  tokens: 1000,
  batch: 64,
  eta: 1,
  width: 0,
  average: "none",
  loss: 2,
  status: "finished",
  provenance: {},
  ...change,
})

/** A profile with its minimum at 2^-8, at the exponents given. */
const profile = (exponents: ReadonlyArray<number>, loss = (z: number) => 2 + 0.03 * z * z) =>
  exponents.map((e) => row({ eta: 2 ** e, loss: loss(e + 8) }))

const only = (rows: ReadonlyArray<Row>, radius = 2, sigma = 0): Windowed => {
  const [window] = windowed(rows, profiles(rows), radius, sigma)
  return window
}
const exponentsOf = (rows: ReadonlyArray<Row>, window: Windowed) =>
  window.rows.map((r) => Number(Math.log2(rows[r].eta).toFixed(6)))

const some = (fit: CellFit | undefined): CellFit => {
  if (fit === undefined) throw new Error("no fit")
  return fit
}

describe("the window of a profile", () => {
  it("holds the rates within its radius, by ascending rate whatever their order", () => {
    const rows = profile([-5, -11, -8, -6, -10, -7, -9, -4])
    expect(exponentsOf(rows, only(rows))).toEqual([-10, -9, -8, -7, -6])
    expect(exponentsOf(rows, only(rows, 1))).toEqual([-9, -8, -7])
    expect(exponentsOf(rows, only(rows, 3))).toEqual([-11, -10, -9, -8, -7, -6, -5])
    const window = only(rows)
    expect(window.reference).toBeCloseTo(-8 * Math.LN2, 12)
    window.z.forEach((z, i) => {
      expect(z).toBeCloseTo((i - 2) * Math.LN2, 12)
    })
    expect(window).toMatchObject({ profile: 0, rates: 5, starts: [0, 1, 2, 3, 4, 5] })
  })

  it("leaves a cliff out, and with it all beyond", () => {
    const cliff = (z: number) => 2 + 0.03 * z * z + (z > 1 ? 0.5 : 0)
    const rows = profile([-11, -10, -9, -8, -7, -6, -5], cliff)
    expect(exponentsOf(rows, only(rows))).toEqual([-10, -9, -8, -7])
    // A noise that could make the cliff keeps it in.
    expect(exponentsOf(rows, only(rows, 2, 0.2))).toEqual([-10, -9, -8, -7, -6])
  })

  it("of a profile that still falls at the end of its grid is the three rates there", () => {
    const low = profile([-8, -7, -6, -5])
    expect(exponentsOf(low, only(low, 1))).toEqual([-8, -7, -6])
    const high = profile([-11, -10, -9, -8])
    expect(exponentsOf(high, only(high, 1))).toEqual([-10, -9, -8])
  })

  it("leaves out what diverged, was pruned or was not measured", () => {
    const rows = [
      ...profile([-10, -9, -8, -7]),
      row({ eta: 2 ** -6, loss: NaN }),
      row({ eta: 2 ** -8.5, loss: 1, status: "pruned" }),
    ]
    expect(exponentsOf(rows, only(rows))).toEqual([-10, -9, -8, -7])
    const two = [...profile([-9, -8]), row({ eta: 2 ** -7, loss: 2, status: "diverged" })]
    expect(windowed(two, profiles(two), 2)).toEqual([])
    const short = profile([-9, -8, -7]).map((r) => ({ ...r, steps: 20 }))
    expect(windowed(short, profiles(short), 2)).toEqual([])
    const three = profile([-9, -8, -7])
    expect(windowed(three, profiles(three), 2)).toHaveLength(1)
  })

  it("is none between two minima that a known noise does not tell apart", () => {
    const two = (z: number) => 2 + 0.03 * Math.min((z + 2) ** 2, (z - 2) ** 2 + 0.1)
    const rows = profile([-12, -11, -10, -9, -8, -7, -6, -5, -4], two)
    expect(windowed(rows, profiles(rows), 1, 0.002)).toEqual([])
    expect(exponentsOf(rows, only(rows, 1))).toEqual([-11, -10, -9])
    const one = profile([-12, -11, -10, -9, -8])
    expect(windowed(one, profiles(one), 1, 0.002)).toHaveLength(1)
  })

  it("gathers repeated seeds by rate, and counts positions among all rows", () => {
    const first = profile([-9, -8, -7]).map((r) => ({ ...r, batch: 32 }))
    const rows = [
      ...first,
      row({ eta: 2 ** -9, loss: 2.03, seed: 1 }),
      row({ eta: 2 ** -8, loss: 2, seed: 1 }),
      row({ eta: 2 ** -8, loss: 2.01, seed: 2 }),
      row({ eta: 2 ** -7, loss: 2.03, seed: 1 }),
      row({ eta: 2 ** -7, loss: 2.04, seed: 2 }),
    ]
    const second = windowed(rows, profiles(rows), 2)[1]
    expect(second).toMatchObject({ profile: 1, rows: [3, 4, 5, 6, 7], rates: 3, starts: [0, 1, 3, 5] })
    expect(second.z[1]).toBe(second.z[2])
    expect(second.z[3]).toBe(second.z[4])
  })
})

describe("the fit of one window", () => {
  let study: Dense
  let losses: ReadonlyArray<number>
  beforeAll(() => {
    study = dense(unbalancedRows(4), 0)
    losses = study.rows.map((r) => r.loss)
  })
  const design = (window: Windowed, skew: number) => window.z.map((z) => [1, z, shape(z, skew)])
  const oracle = (window: Windowed, skew: number) =>
    generalisedLeastSquares(
      design(window, skew),
      window.rows.map((r) => losses[r]),
      identity(window.rows.length),
    )

  it("is dense least squares of all its readings, repeats among them", () => {
    for (const window of study.windows)
      for (const skew of [-0.4, 0, 0.3]) {
        const found = some(fitWindow(window, losses, skew))
        const { beta, covariance, residual } = oracle(window, skew)
        for (let k = 0; k < 3; k++) {
          expect(found.coefficients[k]).toBeCloseTo(beta[k], 9)
          for (let l = 0; l < 3; l++) expect(found.inverse[3 * k + l]).toBeCloseTo(covariance[k][l], 7)
        }
        expect(found.residual).toBeCloseTo(residual, 10)
        found.residuals.forEach((e, i) => {
          const x = design(window, skew)[i]
          expect(e).toBeCloseTo(losses[window.rows[i]] - beta[0] - beta[1] * x[1] - beta[2] * x[2], 9)
        })
        expect(found.skew).toBe(skew)
      }
  })

  it("says how its coefficients follow the skew", () => {
    const h = 1e-3
    for (const window of study.windows) {
      const { bySkew } = some(fitWindow(window, losses, 0.3))
      const [above, below] = [oracle(window, 0.3 + h).beta, oracle(window, 0.3 - h).beta]
      for (let k = 0; k < 3; k++) expect(bySkew[k]).toBeCloseTo((above[k] - below[k]) / (2 * h), 6)
    }
  })

  it("does not exist where the rates are too close to tell three coefficients", () => {
    const window = { profile: 0, rows: [0, 1, 2], reference: 0, z: [0, 1, 1], rates: 3, starts: [0, 1, 2, 3] }
    expect(fitWindow(window, [2, 2.1, 2.1], 0)).toBeUndefined()
    expect(fitWindow({ ...window, z: [0, 1, 1.02] }, [2, 2.1, 2.1], 0)).toBeDefined()
  })
})

describe("the common skew", () => {
  const study = (skew: number, noise: number, seed: number, places = [0, 0.4, -0.3], curvature = 0.05) => {
    const draws = sequence(random(seed, "common skew"))
    return places.flatMap((place, k) =>
      [-2, -1.4, -0.7, 0, 0.6, 1.2, 1.9].map((x) =>
        row({
          batch: 2 ** k,
          eta: Math.exp(x - 5),
          // A curvature of its own in every cell.
          loss: 2 + curvature * (1 + 0.3 * k) * shape(x - place, skew) + noise * draws.normal(),
        }),
      ),
    )
  }
  const found = (rows: ReadonlyArray<Row>) =>
    commonSkew(
      windowed(rows, profiles(rows), 30, 1e6),
      rows.map((r) => r.loss),
    )

  it("is that of noiseless profiles, wherever their minima lie", () => {
    for (const skew of [-0.9, -0.2, 0, 0.35, 1.5]) expect(found(study(skew, 0, 1)).skew).toBeCloseTo(skew, 3)
  })

  it("stays within what a profile about a minimum can have", () => {
    expect(found(study(-4, 0, 1)).skew).toBeCloseTo(-1.5, 3)
    expect(found(study(5, 0, 1, [0, 0.4, -0.3], 1e-4)).skew).toBeCloseTo(3, 3)
  })

  it("knows as much as the residuals that the skew alone explains", () => {
    const rows = study(0.3, 0, 1)
    const { design, windows } = dense(rows, 0.3)
    const hat = times(design, inverse(times(transpose(design), design)), transpose(design))
    const rest = combine(identity(design.length), hat, (one, h) => one - h)
    const h = 1e-5
    const slope = windows.flatMap(({ z, reference }, k) =>
      z.map((at) => {
        const x = at + reference + 5 - [0, 0.4, -0.3][k]
        return [0.05 * (1 + 0.3 * k) * ((shape(x, 0.3 + h) - shape(x, 0.3 - h)) / (2 * h))]
      }),
    )
    const information = times(transpose(slope), rest, slope)[0][0]
    expect(found(rows).information / information).toBeCloseTo(1, 2)
  })

  it("is drawn towards zero as by a prior of deviation one", () => {
    // Every reading twice, half a noise apart: repeats are residuals too.
    const rows = study(0.8, 0.02, 3).flatMap((r) => [r, { ...r, seed: 2, loss: r.loss + 0.03 }])
    const losses = rows.map((r) => r.loss)
    const windows = windowed(rows, profiles(rows), 30, 1e6)
    const residual = (skew: number) =>
      windows.reduce((sum, window) => sum + some(fitWindow(window, losses, skew)).residual, 0)
    const grid = Array.from({ length: 1126 }, (_, k) => -1.5 + k / 250)
    const least = (f: (s: number) => number) => grid.reduce((a, b) => (f(b) < f(a) ? b : a))
    const variance = residual(least(residual)) / (42 - 9 - 1)
    const expected = least((s) => residual(s) + variance * s * s)
    expect(Math.abs(expected - least(residual))).toBeGreaterThan(0.01)
    expect(Math.abs(found(rows).skew - expected)).toBeLessThan(3e-3)
  })

  it("is nought below six degrees of freedom", () => {
    const five = profile([-10, -9, -8, -7], (z) => 2 + 0.05 * shape(z * Math.LN2, 0.8))
    const cells = (n: number) => Array.from({ length: n }, (_, k) => five.map((r) => ({ ...r, batch: 2 ** k }))).flat()
    expect(found(cells(5))).toEqual({ skew: 0, information: Infinity })
    expect(found(cells(6)).skew).toBeCloseTo(0.8, 3)
    // Profiles of three rates fit any skew: their repeats are no degrees of freedom here.
    const three = Array.from({ length: 9 }, (_, seed) => profile([-9, -8, -7]).map((r) => ({ ...r, seed }))).flat()
    expect(found(three)).toEqual({ skew: 0, information: Infinity })
    expect(found([])).toEqual({ skew: 0, information: Infinity })
  })

  it("weighs repeats as one reading each", () => {
    const rows = study(0.4, 0.002, 5).flatMap((r) => [r, { ...r, seed: 2, loss: r.loss + 0.004 }])
    const losses = rows.map((r) => r.loss)
    const windows = windowed(rows, profiles(rows), 30, 1e6)
    const residual = (skew: number) =>
      windows.reduce((sum, { z, rows: members }) => {
        const x = z.map((at) => [1, at, shape(at, skew)])
        const y = members.map((r) => losses[r])
        return sum + generalisedLeastSquares(x, y, diagonal(y.map(() => 1))).residual
      }, 0)
    const { skew, information } = found(rows)
    const h = 0.05
    expect(information).toBeCloseTo((residual(skew + h) - 2 * residual(skew) + residual(skew - h)) / (2 * h * h), 6)
  })
})
