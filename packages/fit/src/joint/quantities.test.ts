import { describe, expect, it } from "vitest"
import { inverse, times, transpose } from "../../test/dense.ts"
import { drawnEvidence } from "../../test/evidence.ts"
import { optima, reference, trueEta, trueLaw } from "../../test/optima.ts"
import { octaves } from "../../test/simulate.ts"
import { type Optimum, solve, textbook } from "../../test/solved.ts"
import { twoSided } from "../student.ts"
import { evidenceOfPoints } from "./evidence.ts"
import { fitAtScatter, fitForm, originOf } from "./fit-form.ts"
import { forms } from "./form.ts"
import type { Solved } from "./plain.ts"
import { batchScaleAt, covarianceOf, exponentOf, heightAt, lnEtaAt, sizeExponentOf } from "./quantities.ts"

const grid = { batches: octaves(5, 12), horizons: octaves(18, 22) }
const at = (tokens: number, lnSize = 0) => ({ lnTokens: Math.log(tokens), lnSize })

describe("ln eta* at a batch and a horizon", () => {
  it("is the law's value, inside and outside what was measured", () => {
    for (const form of ["bell", "saturating", "saturating-sqrt", "power", "constant"] as const) {
      const law = { ...trueLaw, form }
      const solved = solve(optima(law, grid), form)
      for (const [batch, tokens] of [
        [2 ** 5, 2 ** 18],
        [300, 2 ** 25],
        [2 ** 15, 2 ** 20],
      ] as const)
        expect(lnEtaAt(solved, Math.log(batch), at(tokens), 0.9).value).toBeCloseTo(
          Math.log(trueEta(law, batch, tokens)),
          5,
        )
    }
  })

  it("has the textbook prediction interval for linear forms, scatter included", () => {
    const points = optima({ ...trueLaw, form: "power" }, { ...grid, seed: 4, scatter: 0.3 })
    for (const [form, terms] of [
      ["power", { tokens: true, batch: true }],
      ["constant", { tokens: true, batch: false }],
    ] as const)
      for (const degrees of [7, Infinity])
        for (const level of [0.5, 0.95]) {
          const solved = solve(points, form, degrees)
          expect(solved.problem.scatter).toBeGreaterThan(0.01)
          const asked = { batch: 3000, tokens: 2 ** 25 }
          const { beta, covariance } = textbook(points, terms, asked, solved.problem.scatter)
          const found = lnEtaAt(solved, Math.log(asked.batch), at(asked.tokens), level)
          const error = Math.sqrt(covariance[0][0] + solved.problem.scatter)
          const half = twoSided(level, degrees) * error
          expect(found.value).toBeCloseTo(beta[0], 6)
          expect((found.ends.high - beta[0]) / half).toBeCloseTo(1, 3)
          expect((beta[0] - found.ends.low) / half).toBeCloseTo(1, 3)
          expect(found.error / error).toBeCloseTo(1, 5)
          expect(found.deviation / error).toBeCloseTo(1, 3)
          expect(found.degrees).toBe(degrees)
        }
  })

  it("has the interval of the delta method where a bell is well known", () => {
    const points = optima(trueLaw, { ...grid, error: 0.004, seed: 2 })
    const solved = solve(points, "bell")
    const covariance = rows(covarianceOf(solved) ?? new Float64Array(), 4)
    const value = (theta: ReadonlyArray<number>, batch: number, tokens: number) => {
      const t = Math.log(tokens) - solved.problem.origin.lnTokens
      const y = Math.log(batch) - solved.problem.origin.lnBatch - theta[2] - theta[3] * t
      return theta[0] + theta[1] * t - Math.log(Math.cosh(y / 2))
    }
    const theta = [...solved.parameters]
    for (const [batch, tokens] of [
      [2 ** 7, 2 ** 20],
      [2 ** 12, 2 ** 24],
    ] as const) {
      const gradient = theta.map((_, k) => {
        const move = (h: number) =>
          value(
            theta.map((x, i) => (i === k ? x + h : x)),
            batch,
            tokens,
          )
        return [(move(1e-5) - move(-1e-5)) / 2e-5]
      })
      const error = Math.sqrt(times(transpose(gradient), covariance, gradient)[0][0] + solved.problem.scatter)
      const found = lnEtaAt(solved, Math.log(batch), at(tokens), 0.9)
      expect(found.error / error).toBeCloseTo(1, 4)
      expect(found.deviation / error).toBeCloseTo(1, 1)
    }
  })

  it("is open on a side that the data leave open", () => {
    // One horizon, batches below the scale of the saturating form: how far it still rises is anyone's guess.
    const law = { ...trueLaw, form: "saturating" as const, batch: 2 ** 13 }
    const solved = solve(optima(law, { batches: octaves(3, 5), horizons: [2 ** 20], error: 0.3 }), "saturating")
    const found = lnEtaAt(solved, 40, at(2 ** 20), 0.9)
    expect(found.ends.high).toBe(Infinity)
    expect(Number.isFinite(found.ends.low)).toBe(true)
    expect(found.deviation).toBe(Infinity)
  })
})

const rows = (values: ArrayLike<number>, n: number) =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => values[i * n + j]))

describe("what a law says at a horizon", () => {
  const solved = solve(optima(trueLaw, { ...grid, seed: 6, error: 0.02 }), "bell")
  const exact = solve(optima(trueLaw, grid), "bell")

  it("is its scale in tokens and its height", () => {
    for (const tokens of [2 ** 16, 2 ** 20, 2 ** 26]) {
      const t = tokens / reference
      expect(batchScaleAt(exact, at(tokens), 0.9).value).toBeCloseTo(Math.log(2 ** 9 * t ** 0.5), 5)
      expect(heightAt(exact, at(tokens), 0.9).value).toBeCloseTo(Math.log(0.01 * t ** -0.2), 5)
    }
  })

  it("has the error of the delta method, and an interval about as wide", () => {
    const c = rows(covarianceOf(solved) ?? new Float64Array(), 4)
    for (const tokens of [2 ** 18, 2 ** 24]) {
      const t = Math.log(tokens) - solved.problem.origin.lnTokens
      for (const [found, k] of [
        [heightAt(solved, at(tokens), 0.9), 0],
        [batchScaleAt(solved, at(tokens), 0.9), 2],
      ] as const) {
        const error = Math.sqrt(c[k][k] + 2 * t * c[k][k + 1] + t * t * c[k + 1][k + 1])
        expect(found.error / error).toBeCloseTo(1, 6)
        expect(found.deviation / error).toBeCloseTo(1, 1)
        expect(found.ends.low).toBeLessThan(found.value)
        expect(found.ends.high).toBeGreaterThan(found.value)
        expect(found.deviation).toBeCloseTo((found.ends.high - found.ends.low) / (2 * 1.6448536269514722), 9)
      }
    }
  })

  it("does not depend on where the logarithms are counted from", () => {
    const { problem, parameters } = solved
    const origin = { lnBatch: 3, lnTokens: 10, lnSize: 0 }
    const again = fitAtScatter(problem.evidence, { form: forms.bell, terms: problem.terms, origin }, problem.scatter)
    const other: Solved = { ...solved, problem: { ...problem, origin }, ...again }
    expect(Math.abs(other.parameters[2] - parameters[2])).toBeGreaterThan(0.5)
    for (const ask of [
      (s: Solved) => batchScaleAt(s, at(2 ** 21), 0.9),
      (s: Solved) => heightAt(s, at(2 ** 21), 0.9),
      (s: Solved) => exponentOf(s, "scale", 0.9),
      (s: Solved) => exponentOf(s, "height", 0.9),
      (s: Solved) => lnEtaAt(s, 8, at(2 ** 21), 0.9),
    ]) {
      const [one, two] = [ask(solved), ask(other)]
      expect(two.value).toBeCloseTo(one.value, 4)
      expect(two.ends.low).toBeCloseTo(one.ends.low, 4)
      expect(two.ends.high).toBeCloseTo(one.ends.high, 4)
      expect(two.error).toBeCloseTo(one.error, 4)
    }
  })

  it("has exponents, whatever the units", () => {
    expect(exponentOf(exact, "scale", 0.9).value).toBeCloseTo(0.5, 5)
    expect(exponentOf(exact, "height", 0.9).value).toBeCloseTo(-0.2, 5)
    const points = optima(trueLaw, { ...grid, seed: 6, error: 0.02 })
    const scaled = points.map((p) => ({ ...p, batch: 1e3 * p.batch, tokens: 7e4 * p.tokens, eta: 0.03 * p.eta }))
    for (const of of ["scale", "height"] as const) {
      const [one, two] = [exponentOf(solved, of, 0.9), exponentOf(solve(scaled, "bell"), of, 0.9)]
      expect(two.value).toBeCloseTo(one.value, 5)
      expect(two.ends.low).toBeCloseTo(one.ends.low, 5)
      expect(two.error).toBeCloseTo(one.error, 5)
      // First order and likelihood agree where much is known.
      expect(one.deviation / one.error).toBeCloseTo(1, 1)
    }
  })

  it("has exponents of the size, with and without horizons", () => {
    for (const horizons of [octaves(18, 20), [2 ** 20]]) {
      const sizes = [1e6, 3e6, 1e7]
      const points = sizes.flatMap((n) =>
        optima({ ...trueLaw, batch: 2 ** 9 * (n / 3e6) ** 0.25 }, { ...grid, horizons }).map((p) => ({
          ...p,
          eta: p.eta * (n / 3e6) ** -0.15,
          n,
        })),
      )
      const evidence = { ...evidenceOfPoints(points), lnSize: Float64Array.from(points, (p) => Math.log(p.n)) }
      const terms = { tokens: horizons.length > 1, size: true }
      const origin = originOf(evidence)
      const fit = fitForm(evidence, "bell", { terms, origin })
      const sized: Solved = { problem: { form: forms.bell, terms, origin, evidence, scatter: 0 }, ...fit, degrees: 9 }
      expect(sizeExponentOf(sized, "height", 0.9).value).toBeCloseTo(-0.15, 4)
      expect(sizeExponentOf(sized, "scale", 0.9).value).toBeCloseTo(0.25, 4)
      const asked = { lnTokens: Math.log(2 ** 20), lnSize: Math.log(1e8) }
      expect(batchScaleAt(sized, asked, 0.9).value).toBeCloseTo(Math.log(2 ** 9 * (1e8 / 3e6) ** 0.25), 3)
      expect(heightAt(sized, asked, 0.9).value).toBeCloseTo(Math.log(0.01 * (1e8 / 3e6) ** -0.15), 3)
      const ratio = 2 ** 10 / (2 ** 9 * (1e8 / 3e6) ** 0.25)
      const eta = (0.01 * (1e8 / 3e6) ** -0.15) / Math.cosh(0.5 * Math.log(ratio))
      expect(lnEtaAt(sized, Math.log(2 ** 10), asked, 0.9).value).toBeCloseTo(Math.log(eta), 3)
    }
  })
})

describe("the covariance of the parameters", () => {
  it("is that of textbook weighted least squares for linear forms", () => {
    const points = optima({ ...trueLaw, form: "power" }, { ...grid, seed: 4 })
    const solved = solve(points, "power")
    const { lnBatch, lnTokens } = solved.problem.origin
    const centre = { batch: Math.exp(lnBatch), tokens: Math.exp(lnTokens) }
    const { covariance } = textbook(points, { tokens: true, batch: true }, centre, solved.problem.scatter)
    const found = rows(covarianceOf(solved) ?? new Float64Array(), 3)
    covariance.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(Math.abs(found[i][j] - value)).toBeLessThan(
          1e-7 * Math.sqrt(covariance[i][i] * covariance[j][j]) + 1e-18,
        )
      })
    })
  })

  it("is how the optimum of a bell follows its data", () => {
    const points = optima(trueLaw, { batches: octaves(6, 11), horizons: octaves(18, 20) })
    const solved = solve(points, "bell")
    const { form, terms, origin } = solved.problem
    const family = { form, terms, origin }
    const h = 1e-3
    const moved = (i: number, step: number): ReadonlyArray<number> => {
      const others: ReadonlyArray<Optimum> = points.map((p, k) => (k === i ? { ...p, eta: p.eta * Math.exp(step) } : p))
      return [...fitAtScatter(evidenceOfPoints(others), family, 0, solved.parameters).parameters]
    }
    const expected = points.reduce(
      (sum, { error }, i) => {
        const [up, down] = [moved(i, h), moved(i, -h)]
        const slope = up.map((x, k) => (x - down[k]) / (2 * h))
        return sum.map((row, k) => row.map((x, l) => x + slope[k] * slope[l] * error ** 2))
      },
      rows(new Float64Array(16), 4),
    )
    const found = rows(covarianceOf(solved) ?? new Float64Array(), 4)
    expected.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(Math.abs(found[i][j] - value)).toBeLessThan(2e-3 * Math.sqrt(expected[i][i] * expected[j][j]))
      })
    })
  })

  it("is the inverse of the curvature of the misfit, doubt of the skew among its parameters", () => {
    const evidence = drawnEvidence(5, [3, 3, 4, 2], { skewError: 0.2 })
    const problem = {
      form: forms.bell,
      terms: { tokens: true, size: false },
      origin: originOf(evidence),
      evidence,
      scatter: 0.3,
    }
    const solved: Solved = { problem, parameters: Float64Array.of(-5, 0.1, 0.3, 0.2, 0.1), misfit: 1, degrees: 5 }
    const found = rows(covarianceOf(solved) ?? new Float64Array(), 5)
    // A prior of deviation one holds the last.
    expect(found[4][4]).toBeLessThanOrEqual(1)
    const back = inverse(found)
    expect(back[4][4]).toBeGreaterThan(1)
    back.forEach((row, i) => {
      row.forEach((x, j) => {
        expect(x).toBeCloseTo(back[j][i], 4)
      })
    })
  })

  it("holds a parameter that the data leave open by a weak prior, where asked to", () => {
    const points = optima({ ...trueLaw, form: "constant" }, { batches: [64], horizons: octaves(18, 20) })
    const solved = solve(points, "power")
    const found = rows(covarianceOf(solved, 7) ?? new Float64Array(), 3)
    // One batch says nothing of its exponent: the prior is all there is; the others hardly feel it.
    expect(found[2][2]).toBeCloseTo(49, 6)
    const { covariance } = textbook(
      points,
      { tokens: true, batch: false },
      { batch: 1, tokens: Math.exp(solved.problem.origin.lnTokens) },
      solved.problem.scatter,
    )
    expect(1 / found[0][0]).toBeCloseTo(1 / covariance[0][0] + 1 / 49, 5)
    expect(1 / found[1][1]).toBeCloseTo(1 / covariance[1][1] + 1 / 49, 5)
  })

  it("does not exist where parameters only move together", () => {
    const points = optima({ ...trueLaw, form: "constant" }, { batches: [64], horizons: octaves(18, 20) })
    const solved = solve(points, "power")
    expect(covarianceOf(solved)).toBeUndefined()
    expect(exponentOf(solved, "height", 0.9).error).toBe(Infinity)
  })
})
