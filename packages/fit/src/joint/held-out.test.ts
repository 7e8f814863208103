import { describe, expect, it } from "vitest"
import { diagonal, inverse, times, transpose } from "../../test/dense.ts"
import { drawnEvidence } from "../../test/evidence.ts"
import { optima, trueLaw } from "../../test/optima.ts"
import { octaves } from "../../test/simulate.ts"
import { type Optimum, textbook } from "../../test/solved.ts"
import type { FormComparison, FormScore } from "../law.ts"
import { compareForms } from "./compare.ts"
import { chooseCells, type Evidence, evidenceOfPoints } from "./evidence.ts"
import { originOf, termsOf } from "./fit-form.ts"
import { type FormName, formNames, forms } from "./form.ts"
import { heldOut } from "./held-out.ts"
import { objective } from "./objective.ts"

const compared = (points: ReadonlyArray<Optimum>) => {
  const evidence = evidenceOfPoints(points)
  return compareForms(evidence, termsOf(evidence, false))
}
const scoreOf = ({ comparison }: { readonly comparison: FormComparison }, form: FormName): FormScore => {
  const found = comparison.scores.find((score) => score.form === form)
  if (found === undefined) throw new Error(`${form} was not scored`)
  return found
}

/** Batches on both sides of the scale, which moves: where every form is itself. */
const grid = { batches: octaves(3, 15), horizons: octaves(17, 22) }

describe("held-out horizons", () => {
  it("are predicted with the textbook density of a linear form", () => {
    const points = optima({ ...trueLaw, form: "power" }, { ...grid, seed: 9 })
    const all = compared(points)
    expect(all.fits.power.scatter).toBe(0)
    const training = points.filter((p) => p.tokens < 2 ** 21)
    const rest = points.filter((p) => p.tokens >= 2 ** 21)
    const { heldOut } = scoreOf(all, "power")
    expect(heldOut?.horizons.map((t) => Math.round(Math.log2(t)))).toEqual([21, 22])
    expect(heldOut?.cells).toBe(26)
    let [surprise, squares, weights] = [0, 0, 0]
    for (const point of rest) {
      const { beta, covariance } = textbook(training, { tokens: true, batch: true }, point)
      const r = Math.log(point.eta) - beta[0]
      const variance = point.error ** 2 + covariance[0][0]
      surprise += r ** 2 / variance + Math.log(variance)
      squares += (r / point.error) ** 2
      weights += 1 / point.error ** 2
    }
    // The wide prior that keeps open parameters from being infinite costs little.
    expect(Math.abs((heldOut?.surprise ?? NaN) - surprise)).toBeLessThan(0.01)
    expect((heldOut?.error ?? NaN) / Math.sqrt(squares / weights)).toBeCloseTo(1, 3)
  })

  it("are at least one, and leave at least two to learn from", () => {
    const count = (horizons: ReadonlyArray<number>) =>
      scoreOf(compared(optima(trueLaw, { ...grid, horizons, seed: 2 })), "bell").heldOut?.horizons.length
    expect([2, 3, 4, 5, 6, 8, 9].map((n) => count(octaves(15, 14 + n)))).toEqual([undefined, 1, 1, 1, 2, 2, 3])
  })

  it("count the scatter as a doubt of every cell", () => {
    const points = optima({ ...trueLaw, form: "power" }, { ...grid, seed: 8, scatter: 0.3 })
    const all = compared(points)
    const variance = Math.min(...formNames.map((form) => all.fits[form].scatter)) ** 2
    const training = points.filter((p) => p.tokens < 2 ** 21)
    let surprise = 0
    for (const point of points.filter((p) => p.tokens >= 2 ** 21)) {
      const { beta, covariance } = textbook(training, { tokens: true, batch: true }, point, variance)
      const total = point.error ** 2 + covariance[0][0] + variance
      surprise += (Math.log(point.eta) - beta[0]) ** 2 / total + Math.log(total)
    }
    expect(Math.abs((scoreOf(all, "power").heldOut?.surprise ?? NaN) - surprise)).toBeLessThan(0.05)
  })
})

it("predicts correlated cells one by one, with their own errors", () => {
  // Held-out cells of one block: what each says by itself.
  const points = optima({ ...trueLaw, form: "constant" }, { batches: [64, 512], horizons: octaves(18, 21), seed: 4 })
  const plain = evidenceOfPoints(points)
  const order = points.map((_, i) => i)
  const covariance = diagonal(points.map(({ error }) => error ** 2)).map((row, i) =>
    row.map((x, j) => (i === j ? x : 0.3 * points[i].error * points[j].error)),
  )
  const n = points.length
  const evidence = {
    ...plain,
    blocks: [
      {
        first: 0,
        cells: n,
        slopes: Float64Array.from(covariance.flat()),
        mixed: new Float64Array(n * n),
        curvatures: new Float64Array(n * n),
      },
    ],
  }
  const { comparison } = compareForms(evidence, { tokens: true, size: false })
  const training = order.filter((i) => points[i].tokens < 2 ** 21)
  const x = training.map((i) => [1, Math.log(points[i].tokens / 2 ** 21)])
  const weight = inverse(training.map((i) => training.map((j) => covariance[i][j])))
  const spread = inverse(times(transpose(x), weight, x))
  const y = training.map((i) => [Math.log(points[i].eta)])
  const [[height]] = times(spread, transpose(x), weight, y)
  const expected = order
    .filter((i) => points[i].tokens === 2 ** 21)
    .reduce((sum, i) => {
      const variance = covariance[i][i] + spread[0][0]
      return sum + (Math.log(points[i].eta) - height) ** 2 / variance + Math.log(variance)
    }, 0)
  const constant = comparison.scores.find(({ form }) => form === "constant")
  expect(Math.abs((constant?.heldOut?.surprise ?? NaN) - expected)).toBeLessThan(0.01)
})

it("is how far the law lies from curved profiles with correlated slope and curvature, and how that surprises", () => {
  // Three horizons in disorder; the constant form has one parameter.
  const drawn = drawnEvidence(8, [3, 2, 4], { skew: 0.3, error: 0.01 })
  const lnTokens = Float64Array.of(13, 11, 12, 12, 13, 11, 12, 13, 11)
  const evidence: Evidence = { ...drawn, lnTokens }
  const family = { form: forms.constant, terms: { tokens: false, size: false }, origin: originOf(evidence) }
  for (const scatter of [0, 0.05]) {
    const found = heldOut(evidence, family, scatter, [-5])
    const training = chooseCells(evidence, (cell) => lnTokens[cell] < 13)
    const target = objective({ ...family, evidence: training, scatter })
    let [low, high] = [-7, -3]
    for (let k = 0; k < 200; k++) {
      const [a, b] = [low + (high - low) / 3, high - (high - low) / 3]
      if (target.evaluate([a], false) < target.evaluate([b], false)) high = b
      else low = a
    }
    target.evaluate([low], true)
    const doubt = 1 / (target.hessian[0] + 1e-2) + scatter
    let [surprise, squares, weights] = [0, 0, 0]
    for (const { first, cells, slopes, mixed, curvatures } of evidence.blocks)
      for (let i = 0; i < cells; i++) {
        const c = first + i
        if (lnTokens[c] < 13) continue
        const [b, bend, at] = [evidence.slope[c], evidence.curvature[c], i * (cells + 1)]
        const u = (Math.exp(0.3 * (low - evidence.reference[c])) - 1) / 0.3
        const curvature = bend - 0.3 * b
        const error = slopes[at] + 2 * u * mixed[at] + u ** 2 * curvatures[at]
        const variance = error + curvature ** 2 * doubt
        surprise += (b + bend * u) ** 2 / variance + Math.log(variance)
        const optimum = evidence.reference[c] + Math.log(1 - (0.3 * b) / bend) / 0.3
        const weight = 1 / (error / curvature ** 2 + Math.max(scatter, 1e-12))
        squares += weight * (low - optimum) ** 2
        weights += weight
      }
    expect(found?.cells).toBe(3)
    expect(found?.horizons).toEqual([expect.closeTo(Math.exp(13), 3)])
    expect(found?.surprise).toBeCloseTo(surprise, 3)
    expect((found?.error ?? NaN) / Math.sqrt(squares / weights)).toBeCloseTo(1, 3)
  }
  // A profile that is flat nowhere has no optimum, but its slope counts.
  const never = { ...evidence, slope: evidence.slope.map((b, c) => (lnTokens[c] === 13 ? 1 : b)) }
  expect(heldOut(never, family, 0, [-5])?.error).toBeNaN()
  expect(Number.isFinite(heldOut(never, family, 0, [-5])?.surprise)).toBe(true)
})

it("gives a parameter that the shorter horizons leave open a wide prior", () => {
  // A single batch among the shorter horizons says nothing of the exponent of B: deviation ten.
  const points = [
    { batch: 64, tokens: 1000, eta: 0.01, error: 0.1 },
    { batch: 64, tokens: 2000, eta: 0.01, error: 0.1 },
    { batch: 64 * Math.E, tokens: 4000, eta: 0.01, error: 0.1 },
  ]
  const evidence = evidenceOfPoints(points)
  const origin = { lnBatch: Math.log(64), lnTokens: 0, lnSize: 0 }
  const family = { form: forms.power, terms: { tokens: false, size: false }, origin }
  const found = heldOut(evidence, family, 0, [Math.log(0.01), 0])
  const variance = 0.1 ** 2 + 1 / (2 / 0.1 ** 2 + 0.01) + 1 / 0.01
  expect(found?.surprise).toBeCloseTo(Math.log(variance), 6)
})
