import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { random, sequence } from "../../packages/random/src/index.ts"
import { type FormName, lnBestRate, noiselessLoss, profileShape, type Study, simulate, type Truth } from "./simulate.ts"

const truth: Truth = {
  form: "bell",
  etaScale: { at2p20: 2 ** -8, exponent: 0.15 },
  batchScale: { at2p20: 2 ** 11, exponent: 0.9 },
  batchExponent: 0.25,
  curvature: { at2p20: 0.06, exponent: -0.1, batchExponent: 0 },
  skew: 0.7,
  balanceBatch: { at2p20: 2 ** 12, exponent: 0.5 },
  stableUpTo: 12,
}
const close = (a: number, b: number, tolerance: number) => assert.ok(Math.abs(a - b) <= tolerance, `${a} against ${b}`)

describe("lnBestRate", () => {
  const [batch, tokens] = [1500, 2 ** 21]
  const [eta, scale] = [2 ** -8 * 2 ** 0.15, 2 ** 11 * 2 ** 0.9]
  const published: Record<FormName, number> = {
    bell: eta / (0.5 * (Math.sqrt(batch / scale) + Math.sqrt(scale / batch))),
    saturating: eta / (1 + scale / batch),
    "saturating-sqrt": eta / Math.sqrt(1 + scale / batch),
    power: eta * (batch / scale) ** 0.25,
    constant: eta,
  }
  for (const [form, value] of Object.entries(published))
    it(`is the published formula of "${form}"`, () =>
      close(lnBestRate({ ...truth, form: form as FormName }, batch, tokens), Math.log(value), 1e-12))
})

describe("profileShape", () => {
  it("has its minimum and curvature at zero, and costs more on the high side", () => {
    const d = 1e-3
    close(profileShape(0.7, 0), 0, 0)
    close((profileShape(0.7, d) - 2 * profileShape(0.7, 0) + profileShape(0.7, -d)) / d ** 2, 1, 1e-5)
    assert.ok(profileShape(0.7, 1.5) > 1.3 * profileShape(0.7, -1.5))
  })

  it("is a parabola without skew, and joins its series", () => {
    close(profileShape(0, -1.3), 1.3 ** 2 / 2, 1e-15)
    for (const z of [-1.3, 1.3]) close(profileShape(0.9999e-3 / 1.3, z), profileShape(1.0001e-3 / 1.3, z), 1e-6)
    const z = 0.5
    close(profileShape(0.5, z), (Math.exp(0.25) - 1.25) / 0.25, 1e-14)
  })
})

describe("noiselessLoss", () => {
  it("diverges above the stable multiple of eta*, and stays diverged", () => {
    // eta* at this batch falls with the horizon, so stable now is unstable later; the other way round when it rises.
    const horizons = [2 ** 18, 2 ** 22]
    const small = 2 ** 7
    const top = (tokens: number) => 12 * Math.exp(lnBestRate(truth, small, tokens))
    assert.ok(top(horizons[1]) < top(horizons[0]))
    const between = Math.sqrt(top(horizons[0]) * top(horizons[1]))
    assert.ok(!Number.isNaN(noiselessLoss(truth, between, small, horizons[0], horizons)))
    assert.ok(Number.isNaN(noiselessLoss(truth, between, small, horizons[1], horizons)))
    const rising: Truth = { ...truth, etaScale: { at2p20: 2 ** -8, exponent: 1 } }
    const early = 13 * Math.exp(lnBestRate(rising, small, horizons[0]))
    assert.ok(early < 12 * Math.exp(lnBestRate(rising, small, horizons[1])))
    assert.ok(Number.isNaN(noiselessLoss(rising, early, small, horizons[1], horizons)))
  })
})

describe("simulate", () => {
  const study: Study = {
    truth,
    noise: { deviation: 0.003, shared: 0.7 },
    design: {
      batches: [2 ** 10, 2 ** 11],
      horizons: [2 ** 19, 2 ** 20],
      rates: Array.from({ length: 2 }, () => Array.from({ length: 500 }, (_, i) => 2 ** (-9 + i / 250))),
      seeds: 2,
    },
  }
  const rows = simulate(study, sequence(random(5, "simulate test")))
  const errors = rows.map((r) => r.loss - noiselessLoss(truth, r.eta, r.batch, r.tokens, study.design.horizons))

  it("gives one reading for each seed, batch, rate and horizon, and one run for each seed, batch and rate", () => {
    assert.equal(rows.length, 2 * 2 * 500 * 2)
    assert.equal(new Set(rows.map((r) => r.runId)).size, 2 * 2 * 500)
  })

  it("has the declared variance and the declared part of it along a trunk, and none between trunks", () => {
    const product = (pairs: ReadonlyArray<readonly [number, number]>) =>
      pairs.reduce((sum, [a, b]) => sum + a * b, 0) / pairs.length / 0.003 ** 2
    // 4,000 readings of 2,000 trunks: deviations of these means are at most 0.03.
    close(product(errors.map((e) => [e, e])), 1, 0.12)
    const early = rows.flatMap((r, i) => (r.tokens === 2 ** 19 ? [i] : []))
    close(product(early.map((i) => [errors[i], errors[i + 1]])), 0.7, 0.12)
    assert.ok(early.every((i) => rows[i].runId === rows[i + 1].runId))
    close(product(early.slice(1).map((i, k) => [errors[early[k]], errors[i]])), 0, 0.12)
  })
})
