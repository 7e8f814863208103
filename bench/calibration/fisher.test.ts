import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { random, sequence } from "../../packages/random/src/index.ts"
import { peakDeviations } from "./fisher.ts"
import { type Design, type Study, simulate, type Truth } from "./simulate.ts"

const truth: Truth = {
  form: "bell",
  etaScale: { at2p20: 2 ** -8, exponent: 0.1 },
  batchScale: { at2p20: 2 ** 11, exponent: 0.8 },
  batchExponent: 0,
  curvature: { at2p20: 0.06, exponent: -0.1, batchExponent: 0.05 },
  skew: 0.6,
  balanceBatch: { at2p20: 2 ** 12, exponent: 0.5 },
  stableUpTo: 100,
}

/** Rates within an octave of the bell's height: all of them count. */
const rates = [-2.5, -1.7, -1, -0.3, 0.4].map((k) => 2 ** (k - 8))
const design: Design = {
  batches: [9, 10.3, 11.7, 13].map((b) => 2 ** b),
  horizons: [2 ** 19, 2 ** 20, 2 ** 21],
  rates: [rates, rates, rates, rates],
  seeds: 1,
}
const study: Study = { truth, noise: { deviation: 0.002, shared: 0.6 }, design }

/** Solves a x = b by Gauss-Jordan with pivots. */
const solve = (a: ReadonlyArray<ReadonlyArray<number>>, b: ReadonlyArray<number>): Array<number> => {
  const m = a.map((row, i) => [...row, b[i]])
  for (let k = 0; k < m.length; k++) {
    let p = k
    for (let i = k; i < m.length; i++) if (Math.abs(m[i][k]) > Math.abs(m[p][k])) p = i
    ;[m[k], m[p]] = [m[p], m[k]]
    for (let i = 0; i < m.length; i++) {
      if (i === k) continue
      const f = m[i][k] / m[k][k]
      for (let j = k; j <= m.length; j++) m[i][j] -= f * m[k][j]
    }
  }
  return m.map((row, i) => row[m.length] / row[i])
}

/** The model written out again: e, alpha_eta, b, alpha_B, s, then (lowest, ln curvature) of each cell. */
const model = (p: ReadonlyArray<number>, lnEta: number, lnB: number, lnT: number, cell: number): number => {
  const u = lnB - p[2] - p[3] * lnT
  const best = p[0] + p[1] * lnT - Math.log((Math.exp(u / 2) + Math.exp(-u / 2)) / 2)
  const y = p[4] * (lnEta - best)
  return p[5 + 2 * cell] + (Math.exp(p[6 + 2 * cell]) * (Math.exp(y) - y - 1)) / p[4] ** 2
}

describe("peakDeviations", () => {
  it("is the scatter of the maximum-likelihood estimate over simulated studies", () => {
    const [first, last] = [design.horizons[0], design.horizons[2]]
    const estimates: Array<readonly [number, number]> = []
    const studies = 250
    // Inverse covariance of the readings, from its definition.
    const readings = simulate(study, sequence(random(0, "fisher test")))
    const covariance = readings.map((r, i) =>
      readings.map((q, j) => (i === j ? 1 : r.runId === q.runId ? 0.6 : 0) * 0.002 ** 2),
    )
    const inverse = readings.map((_, i) =>
      solve(
        covariance,
        readings.map((_, j) => (i === j ? 1 : 0)),
      ),
    )
    for (let k = 0; k < studies; k++) {
      const rows = simulate(study, sequence(random(k, "fisher test")))
      const cells = [...new Set(rows.map((r) => `${r.batch} ${r.tokens}`))]
      const x = rows.map((r) => ({
        lnEta: Math.log(r.eta),
        lnB: Math.log(r.batch),
        lnT: Math.log(r.tokens / 2 ** 20),
        cell: cells.indexOf(`${r.batch} ${r.tokens}`),
      }))
      const start = cells.flatMap((c) => {
        const own = rows.filter((r) => `${r.batch} ${r.tokens}` === c)
        return [Math.min(...own.map((r) => r.loss)), Math.log(0.06)]
      })
      let p = [Math.log(2 ** -8), 0.1, Math.log(2 ** 11), 0.8, 0.6, ...start]
      const values = (q: ReadonlyArray<number>) => x.map((r) => model(q, r.lnEta, r.lnB, r.lnT, r.cell))
      for (let step = 0; step < 8; step++) {
        const now = values(p)
        const columns = p.map((v, j) => {
          const moved = values(p.map((w, i) => (i === j ? v + 1e-6 : w)))
          return moved.map((m, i) => (m - now[i]) / 1e-6)
        })
        const weighted = columns.map((c) => inverse.map((row) => row.reduce((sum, w, i) => sum + w * c[i], 0)))
        const residual = rows.map((r, i) => r.loss - now[i])
        const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => a.reduce((sum, v, i) => sum + v * b[i], 0)
        const move = solve(
          weighted.map((w) => columns.map((c) => dot(w, c))),
          weighted.map((w) => dot(w, residual)),
        )
        p = p.map((v, i) => v + move[i])
      }
      estimates.push([p[2] + p[3] * Math.log(first / 2 ** 20), p[2] + p[3] * Math.log(last / 2 ** 20)])
    }
    const predicted = peakDeviations(study)
    for (const [i, horizon] of [
      [0, 0],
      [1, 2],
    ] as const) {
      const own = estimates.map((e) => e[i])
      const mean = own.reduce((a, b) => a + b, 0) / studies
      const scatter = Math.sqrt(own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (studies - 1))
      // 250 studies know a deviation to 4.5 %.
      assert.ok(Math.abs(scatter / predicted[horizon] - 1) < 0.15, `${scatter} against ${predicted[horizon]}`)
    }
  })

  it("scales with the noise and with the root of the seeds", () => {
    const [one] = peakDeviations(study)
    const [loud] = peakDeviations({ ...study, noise: { deviation: 0.006, shared: 0.6 } })
    const [twice] = peakDeviations({ ...study, design: { ...design, seeds: 2 } })
    assert.ok(Math.abs(loud / one - 3) < 1e-6)
    assert.ok(Math.abs(one / twice - Math.SQRT2) < 1e-6)
  })

  it("is infinite where nothing is said about the peak", () => {
    const oneBatch = { ...design, batches: [2 ** 10], rates: [rates], horizons: [2 ** 20] }
    assert.deepEqual(peakDeviations({ ...study, design: oneBatch }), [Infinity])
    const twoRates = { ...design, rates: design.rates.map((r) => r.slice(2, 4)) }
    assert.deepEqual(peakDeviations({ ...study, design: twoRates }), [Infinity, Infinity, Infinity])
  })

  it("counts a reading only within two octaves of the lowest one", () => {
    const far = { ...design, rates: design.rates.map((r) => [2 ** -14, ...r, 2 ** -3]) }
    assert.deepEqual(peakDeviations({ ...study, design: far }), peakDeviations(study))
  })
})
