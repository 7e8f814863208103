import { describe, expect, it } from "vitest"
import { diagonal, inverse, times, transpose } from "../../test/dense.ts"
import { optima, trueLaw } from "../../test/optima.ts"
import { octaves } from "../../test/simulate.ts"
import { type Optimum, textbook } from "../../test/solved.ts"
import type { FormComparison, FormScore } from "../law.ts"
import { compareForms } from "./compare.ts"
import { evidenceOfPoints } from "./evidence.ts"
import { termsOf } from "./fit-form.ts"
import { type FormName, formNames } from "./form.ts"

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
