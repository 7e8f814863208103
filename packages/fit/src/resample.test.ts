import { describe, expect, it } from "vitest"
import { inverse, times, transpose } from "../test/dense.ts"
import { covarianceOfLosses, dense, unbalancedRows } from "../test/unbalanced.ts"
import { cellOf } from "./cell.ts"
import type { Cell, NoiseLevel } from "./law.ts"
import { resampler } from "./resample.ts"
import { isEstimate, notIdentified } from "./result.ts"
import { riseInverse, shape } from "./skewed.ts"

const skew = 0.3
const noise: NoiseLevel = { deviation: 0.004, shared: 0.6, source: "supplied", degrees: Infinity }
const study = dense(unbalancedRows(7, 0.001), skew)
const losses = study.rows.map((row) => row.loss)
const cells = study.groups.map((group) =>
  cellOf(group, study.rows, losses, noise, 0.9, { skew, skewError: 0, window: 4 }),
)
const make = (
  options: {
    skewError?: number
    seed?: number
    cells?: ReadonlyArray<Cell>
    others?: Array<Cell>
    noise?: NoiseLevel
  } = {},
) =>
  resampler(
    study.blocks,
    study.rows,
    (profile) => (options.cells ?? cells)[profile],
    options.others ?? [],
    options.noise ?? noise,
    options.skewError ?? 0,
    options.seed ?? 1,
  )
const profilesOf = study.windows.map(({ profile }) => profile)

/** Mean and covariance of the coefficients of all windows over resamples. */
const momentsOf = (draws: ReturnType<typeof make>, n: number) => {
  const size = 3 * profilesOf.length
  const mean = new Float64Array(size)
  const second = Array.from({ length: size }, () => new Float64Array(size))
  for (let k = 0; k < n; k++) {
    draws.draw(k)
    const values = profilesOf.flatMap((profile) => [...(draws.coefficients(profile) ?? [])])
    values.forEach((x, i) => {
      mean[i] += x / n
      values.forEach((y, j) => {
        second[i][j] += (x * y) / n
      })
    })
  }
  return { mean, covariance: second.map((row, i) => [...row].map((x, j) => x - mean[i] * mean[j])) }
}

describe("resampled losses", () => {
  const map = times(inverse(times(transpose(study.design), study.design)), transpose(study.design))
  const order = profilesOf.flatMap((_, w) => [3 * w, 3 * w + 1, 3 * w + 2])

  it("have the variance and the sharing asked for, cell by cell and between cells", () => {
    for (const shared of [0, 0.6, 1]) {
      const { mean, covariance } = momentsOf(make({ noise: { ...noise, shared } }), 4000)
      const expected = times(map, covarianceOfLosses(study, noise.deviation, shared), transpose(map))
      const beta = times(
        map,
        study.losses.map((y) => [y]),
      ).map(([b]) => b)
      order.forEach((i) => {
        const error = Math.sqrt(expected[i][i])
        expect(Math.abs(mean[i] - beta[i])).toBeLessThan(0.07 * error)
        order.forEach((j) => {
          // A correlation from 4,000 draws has an error of 0.016 at most.
          const scale = error * Math.sqrt(expected[j][j])
          expect(Math.abs(covariance[i][j] - expected[i][j])).toBeLessThan(0.08 * scale)
        })
      })
    }
  })

  it("carry the doubt of the skew, common to all cells", () => {
    const quiet = { ...noise, deviation: 0 }
    const draws = make({ skewError: 0.1, noise: quiet })
    const { covariance } = momentsOf(draws, 3000)
    const slopes = study.fitted.flatMap(({ fit }) => [...fit.bySkew])
    order.forEach((i) => {
      order.forEach((j) => {
        // One number moves them all: fully correlated, with the signs of the slopes.
        expect(covariance[i][j] / (0.01 * slopes[i] * slopes[j])).toBeCloseTo(1, 0.8)
      })
    })
  })

  it("have the same digits for the same seed and resample, in any order", () => {
    const all = (draws: ReturnType<typeof make>, k: number) => {
      const drawn = draws.draw(k)
      return [drawn, ...profilesOf.map((profile) => [...(draws.coefficients(profile) ?? [])])]
    }
    const first = make({ skewError: 0.1 })
    const zero = all(first, 0)
    const one = all(first, 1)
    expect(all(first, 0)).toEqual(zero)
    expect(all(make({ skewError: 0.1 }), 1)).toEqual(one)
    expect(one).not.toEqual(zero)
    expect(all(make({ skewError: 0.1, seed: 2 }), 0)).not.toEqual(zero)
    expect(make().coefficients(99)).toBeUndefined()
  })
})

describe("resampled cells", () => {
  it("have the minimum of their coefficients under the skew drawn", () => {
    const quiet = { ...noise, deviation: 0 }
    const draws = make({ skewError: 0.05, noise: quiet })
    let inside = 0
    let centre = 0
    for (let k = 0; k < 40; k++) {
      const drawn = draws.draw(k)
      drawn.forEach((cell, i) => {
        const { profile, reference } = study.windows[i]
        const [a, b, c] = draws.coefficients(profile) ?? new Float64Array(3)
        const { fit } = study.fitted[i]
        // The skew drawn, read off a coefficient.
        const other = skew + (b - fit.coefficients[1]) / fit.bySkew[1]
        const z = riseInverse(-b / c, other)
        if (!isEstimate(cell.eta) || !isEstimate(cell.loss)) return
        inside++
        expect(Math.log(cell.eta.value)).toBeCloseTo(reference + z, 5)
        expect(cell.loss.value).toBeCloseTo(a + b * z + c * shape(z, other), 5)
        centre += Math.log(cell.eta.value) + 4.6
      })
    }
    expect(inside).toBe(40 * 8)
    expect(Math.abs(centre / inside)).toBeLessThan(0.2)
  })

  it("have optima that scatter by the first-order errors of their profiles", () => {
    const n = 1500
    const draws = make()
    const sums = study.windows.map(() => ({ one: 0, two: 0, loss: 0, square: 0 }))
    for (let k = 0; k < n; k++)
      draws.draw(k).forEach((cell, i) => {
        if (!isEstimate(cell.eta) || !isEstimate(cell.loss)) throw new Error("lost")
        const x = Math.log(cell.eta.value)
        sums[i].one += x / n
        sums[i].two += x ** 2 / n
        sums[i].loss += cell.loss.value / n
        sums[i].square += cell.loss.value ** 2 / n
      })
    study.fitted.forEach(({ window, fit }, i) => {
      const [, b, c] = fit.coefficients
      const z = riseInverse(-b / c, skew)
      const x = window.z.map((at) => [1, at, shape(at, skew)])
      const spread = inverse(times(transpose(x), x))
      const bend = c - skew * b
      // d z / d (b, c) and the loss at the minimum.
      const error = (g: ReadonlyArray<number>) => noise.deviation * Math.sqrt(times([g], spread, transpose([g]))[0][0])
      const rise = -b / c
      const eta = error([0, -1 / bend, -rise / bend])
      expect(Math.sqrt(sums[i].two - sums[i].one ** 2) / eta).toBeGreaterThan(0.9)
      expect(Math.sqrt(sums[i].two - sums[i].one ** 2) / eta).toBeLessThan(1.12)
      const loss = error([1, z, shape(z, skew)])
      expect(Math.sqrt(sums[i].square - sums[i].loss ** 2) / loss).toBeGreaterThan(0.9)
      expect(Math.sqrt(sums[i].square - sums[i].loss ** 2) / loss).toBeLessThan(1.12)
    })
  })

  it("lose their minimum where a resample has none inside the window", () => {
    const draws = make({ noise: { ...noise, deviation: 3 } })
    const drawn: Array<Cell> = []
    let humps = 0
    for (let k = 0; k < 20; k++)
      draws.draw(k).forEach((cell, i) => {
        const { profile, z: window } = study.windows[i]
        const [, b, c] = draws.coefficients(profile) ?? new Float64Array(3)
        const z = riseInverse(-b / c, skew)
        const within = z >= window[0] && z <= window[window.length - 1]
        if (within && c - skew * b < 0) humps++
        // Flat inside the window, and bent upwards there.
        expect(isEstimate(cell.eta)).toBe(within && c > 0 && c - skew * b > 0)
        drawn.push(cell)
      })
    expect(humps).toBeGreaterThan(10)
    const lost = drawn.filter((cell) => !isEstimate(cell.eta))
    expect(lost.length).toBeGreaterThan(50)
    for (const { eta, loss, curvature } of lost)
      for (const result of [eta, loss, curvature]) expect(result).toMatchObject({ reason: "no-minimum" })
    for (const [i, cell] of drawn.entries()) {
      if (!isEstimate(cell.eta)) continue
      const { reference, z } = study.windows[i % 8]
      const x = Math.log(cell.eta.value) - reference
      expect(x).toBeGreaterThanOrEqual(z[0])
      expect(x).toBeLessThanOrEqual(z[z.length - 1])
    }
  })

  it("whose minimum lay beyond the grid have their lowest loss moved by chance alone", () => {
    const edge = notIdentified("edge-high", "add larger rates", 5)
    const beyond = cells.map((cell): Cell => ({ ...cell, eta: edge, loss: edge, curvature: edge }))
    const draws = make({ cells: beyond })
    const n = 3000
    const moved = Array.from({ length: n }, (_, k) => {
      const [cell] = draws.draw(k)
      expect(cell.eta).toBe(edge)
      return (cell.best?.loss ?? NaN) - (beyond[profilesOf[0]].best?.loss ?? NaN)
    })
    const mean = moved.reduce((a, b) => a + b, 0) / n
    expect(Math.abs(mean)).toBeLessThan(0.1 * noise.deviation)
    const deviation = Math.sqrt(moved.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n)
    expect(deviation / noise.deviation).toBeCloseTo(1, 1)
    const empty = cells.map((cell): Cell => ({ ...cell, eta: edge, best: undefined }))
    expect(make({ cells: empty }).draw(0)[0]).toEqual(empty[profilesOf[0]])
  })

  it("come with those that have no window, as they are", () => {
    const other = { ...cells[0], batch: 1 }
    const drawn = make({ others: [other] }).draw(0)
    expect(drawn).toHaveLength(9)
    expect(drawn[8]).toBe(other)
    expect(make().draw(0)).toHaveLength(8)
  })
})
