import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { combine, generalisedLeastSquares, inverse, times, transpose } from "../../test/dense.ts"
import { drawnEvidence } from "../../test/evidence.ts"
import { covarianceOfLosses, type Dense, dense, unbalancedRows } from "../../test/unbalanced.ts"
import type { Row } from "../row.ts"
import { rise, shape } from "../skewed.ts"
import type { Evidence } from "./evidence.ts"
import { formNames, forms } from "./form.ts"
import { gatherEvidence } from "./gather.ts"
import {
  backward,
  cholesky,
  forward,
  lawAt,
  objective,
  type Problem,
  parameterCount,
  termCount,
  unknownCount,
} from "./objective.ts"

const origin = { lnBatch: 5.2, lnTokens: 12.1, lnSize: 17.3 }

/** The formulas of the papers. */
const laws = {
  bell: (b: number) => -Math.log(0.5 * (Math.exp(b / 2) + Math.exp(-b / 2))),
  saturating: (b: number) => -Math.log(1 + Math.exp(-b)),
  "saturating-sqrt": (b: number) => -0.5 * Math.log(1 + Math.exp(-b)),
  power: () => 0,
  constant: () => 0,
}

describe("the forms", () => {
  it("are the formulas of the papers, and finite far out", () => {
    for (const name of formNames)
      for (const y of [-9, -2, -0.1, 0, 0.7, 3, 11]) {
        expect(forms[name].shape(y)).toBeCloseTo(laws[name](y), 12)
        const h = 1e-5
        const slope = (forms[name].shape(y + h) - forms[name].shape(y - h)) / (2 * h)
        expect(forms[name].slope(y)).toBeCloseTo(slope, 8)
      }
    expect(forms.bell.shape(2000)).toBeCloseTo(Math.LN2 - 1000, 9)
    expect(forms.bell.shape(-2000)).toBeCloseTo(Math.LN2 - 1000, 9)
    expect(forms.saturating.shape(-2000)).toBe(-2000)
    expect(forms["saturating-sqrt"].shape(2000)).toBeCloseTo(0, 15)
    expect(formNames.map((name) => forms[name].name)).toEqual(formNames)
  })
})

const everyTerms = [
  { tokens: false, size: false },
  { tokens: true, size: false },
  { tokens: false, size: true },
  { tokens: true, size: true },
]
const families = formNames.flatMap((name) => everyTerms.map((terms) => ({ form: forms[name], terms, origin })))
const someParameters = (n: number) => [-4.6, 0.31, -0.23, 0.42, 0.11, -0.17, 0.8].slice(0, n)

describe("the law at a cell", () => {
  it("has powers of horizon and size in height and place", () => {
    for (const family of families) {
      const { terms, form } = family
      const k = termCount(terms)
      const theta = someParameters(parameterCount(family))
      expect(theta).toHaveLength(form.batch === "scale" ? 2 * k : form.batch === "exponent" ? k + 1 : k)
      const [b, t, n] = [6.3, 13, 16.1]
      const powers = [1, ...(terms.tokens ? [t - origin.lnTokens] : []), ...(terms.size ? [n - origin.lnSize] : [])]
      const dot = (from: number) => powers.reduce((sum, x, i) => sum + theta[from + i] * x, 0)
      const y = b - origin.lnBatch
      const expected =
        form.batch === "scale"
          ? dot(0) + laws[form.name](y - dot(k))
          : dot(0) + (form.batch === "none" ? 0 : theta[k] * y)
      expect(lawAt(family, theta, b, t, n, new Float64Array(7))).toBeCloseTo(expected, 12)
    }
  })

  it("counts its height at an anchor where there is one", () => {
    for (const name of ["bell", "saturating", "saturating-sqrt"] as const) {
      const family = { form: forms[name], terms: { tokens: true, size: false }, origin, anchor: 7 }
      const theta = someParameters(4)
      const gradient = new Float64Array(4)
      expect(lawAt(family, theta, 7, origin.lnTokens, 0, gradient)).toBeCloseTo(theta[0], 12)
      expect([...gradient]).toEqual([1, 0, expect.closeTo(0, 12), expect.closeTo(0, 12)])
      // Elsewhere it is the same law, moved.
      const plain = { ...family, anchor: undefined } as unknown as Omit<typeof family, "anchor">
      const moved = [theta[0] - laws[name](7 - origin.lnBatch - theta[2]), ...theta.slice(1)]
      const here = lawAt(family, theta, 5.5, 13, 0, gradient)
      expect(here).toBeCloseTo(lawAt(plain, moved, 5.5, 13, 0, gradient), 12)
    }
  })

  it("has the gradient of central differences, written where it is asked to", () => {
    const h = 1e-6
    for (const base of families)
      for (const family of [base, { ...base, anchor: 6.9 }]) {
        const p = parameterCount(family)
        const theta = someParameters(p)
        const at = (k: number, step: number) => {
          const moved = theta.map((x, i) => (i === k ? x + step : x))
          return lawAt(family, moved, 4.1, 13.2, 16.6, new Float64Array(7))
        }
        const gradient = new Float64Array(p + 3).fill(NaN)
        lawAt(family, theta, 4.1, 13.2, 16.6, gradient, 2)
        for (let k = 0; k < p; k++) expect(gradient[2 + k]).toBeCloseTo((at(k, h) - at(k, -h)) / (2 * h), 8)
        expect([gradient[0], gradient[1], gradient[p + 2]]).toEqual([NaN, NaN, NaN])
      }
  })
})

describe("the misfit", () => {
  /** r' S^-1 r with dense matrices. */
  const byHand = (problem: Problem, theta: ReadonlyArray<number>) => {
    const { evidence, scatter } = problem
    const q = parameterCount(problem)
    const deviation = theta.length > q ? theta[q] : 0
    const shift = deviation * evidence.skewError
    const skew = evidence.skew + shift
    let sum = deviation ** 2
    for (const { first, cells: n, slopes, mixed, curvatures } of evidence.blocks) {
      const u = Array.from({ length: n }, (_, i) => {
        const c = first + i
        const law = lawAt(
          problem,
          theta,
          evidence.lnBatch[c],
          evidence.lnTokens[c],
          evidence.lnSize[c],
          new Float64Array(9),
        )
        return rise(law - evidence.reference[c], skew)
      })
      const r = u.map((x, i) => [
        evidence.slope[first + i] +
          shift * evidence.slopeBySkew[first + i] +
          (evidence.curvature[first + i] + shift * evidence.curvatureBySkew[first + i]) * x,
      ])
      const s = u.map((x, i) =>
        u.map(
          (y, j) =>
            slopes[i * n + j] +
            y * mixed[i * n + j] +
            x * mixed[j * n + i] +
            x * y * curvatures[i * n + j] +
            (i === j ? scatter * (evidence.curvature[first + i] - evidence.skew * evidence.slope[first + i]) ** 2 : 0),
        ),
      )
      sum += times(transpose(r), inverse(s), r)[0][0]
    }
    return sum
  }

  it("is that of dense matrices, block by block", () => {
    for (const family of families)
      for (const skewError of [0, 0.3])
        for (const scatter of [0, 0.02]) {
          const problem = { ...family, evidence: drawnEvidence(1, [1, 3, 2], { skewError }), scatter }
          const theta = [...someParameters(parameterCount(family)), ...(skewError > 0 ? [0.7] : [])]
          const target = objective(problem)
          expect(target.parameters).toBe(theta.length)
          expect(unknownCount(problem)).toBe(theta.length)
          const expected = byHand(problem, theta)
          expect(target.evaluate(theta, false) / expected).toBeCloseTo(1, 9)
          expect(target.evaluate(theta, true) / expected).toBeCloseTo(1, 9)
        }
  })

  it("has the gradient of central differences, with scatter, anchor, sizes, doubt of the skew and correlated cells", () => {
    const h = 1e-5
    for (const base of families)
      for (const family of [base, { ...base, anchor: 6.9 }])
        for (const skewError of [0, 0.3])
          for (const scatter of [0, 0.02]) {
            const evidence = drawnEvidence(2, [2, 1, 3], { skewError, skew: -0.15 })
            const target = objective({ ...family, evidence, scatter })
            const theta = [...someParameters(parameterCount(family)), ...(skewError > 0 ? [-0.6] : [])]
            const at = (k: number, step: number) =>
              target.evaluate(
                theta.map((x, i) => (i === k ? x + step : x)),
                false,
              )
            target.evaluate(theta, true)
            const gradient = [...target.gradient]
            gradient.forEach((g, k) => {
              const numeric = (at(k, h) - at(k, -h)) / (4 * h)
              expect(Math.abs(g - numeric)).toBeLessThan(1e-5 * (1 + Math.abs(numeric)))
            })
          }
  })

  it("has for its curvature that of the misfit where the residuals vanish", () => {
    // Cells whose slopes vanish exactly at the law: half the second derivative is J' S^-1 J.
    for (const family of families)
      for (const skewError of [0, 0.2]) {
        const drawn = drawnEvidence(3, [2, 3, 2, 2], { skewError })
        const theta = [...someParameters(parameterCount(family)), ...(skewError > 0 ? [0] : [])]
        const slope = drawn.slope.map((_, c) => {
          const law = lawAt(family, theta, drawn.lnBatch[c], drawn.lnTokens[c], drawn.lnSize[c], new Float64Array(9))
          return -drawn.curvature[c] * rise(law - drawn.reference[c], drawn.skew)
        })
        const target = objective({ ...family, evidence: { ...drawn, slope }, scatter: 0 })
        const p = target.parameters
        expect(target.evaluate(theta, true)).toBeCloseTo(0, 12)
        for (const g of target.gradient) expect(Math.abs(g)).toBeLessThan(1e-8)
        const hessian = [...target.hessian]
        const h = 1e-4
        const at = (...moves: ReadonlyArray<readonly [number, number]>) =>
          target.evaluate(
            theta.map((x, i) => moves.reduce((sum, [k, step]) => sum + (i === k ? step : 0), x)),
            false,
          )
        for (let k = 0; k < p; k++)
          for (let l = 0; l < p; l++) {
            const numeric =
              (at([k, h], [l, h]) - at([k, h], [l, -h]) - at([k, -h], [l, h]) + at([k, -h], [l, -h])) / (8 * h * h)
            const scale = Math.sqrt(hessian[k * (p + 1)] * hessian[l * (p + 1)])
            expect(Math.abs(hessian[k * p + l] - numeric)).toBeLessThan(1e-3 * (1e-3 + scale))
          }
      }
  })

  it("starts every call anew", () => {
    const target = objective({ ...families[1], evidence: drawnEvidence(2, [2, 1], { skewError: 0.1 }), scatter: 0.1 })
    const theta = someParameters(target.parameters)
    target.evaluate(theta, true)
    const [gradient, hessian] = [[...target.gradient], [...target.hessian]]
    const value = target.evaluate(theta, true)
    expect([...target.gradient]).toEqual(gradient)
    expect([...target.hessian]).toEqual(hessian)
    target.evaluate(
      theta.map((x) => x + 0.1),
      false,
    )
    expect([...target.gradient]).toEqual(gradient)
    expect(target.evaluate(theta, true)).toBe(value)
  })

  it("of one cell is Fieller's statistic", () => {
    const one = drawnEvidence(4, [1], { skew: 0 })
    const [b, c] = [one.slope[0], one.curvature[0]]
    const { slopes, mixed, curvatures } = one.blocks[0]
    const target = objective({ form: forms.constant, terms: everyTerms[0], origin, evidence: one, scatter: 0 })
    for (const z of [-2, -0.3, 0, 0.4, 5]) {
      const expected = (b + c * z) ** 2 / (slopes[0] + 2 * z * mixed[0] + z * z * curvatures[0])
      expect(target.evaluate([one.reference[0] + z], false)).toBeCloseTo(expected, 8)
    }
  })

  it("is infinite where it has no value", () => {
    const known = drawnEvidence(4, [2])
    const nothing = { ...known.blocks[0], slopes: new Float64Array(4), mixed: new Float64Array(4) }
    const flat: Evidence = { ...known, blocks: [{ ...nothing, curvatures: new Float64Array(4) }] }
    const problem = { form: forms.constant, terms: everyTerms[0], origin, scatter: 0 }
    expect(objective({ ...problem, evidence: flat }).evaluate([-5], true)).toBe(Infinity)
    expect(objective({ ...problem, evidence: known }).evaluate([NaN], true)).toBe(Infinity)
    expect(objective({ ...problem, evidence: known }).evaluate([5000], false)).toBe(Infinity)
    expect(objective({ ...problem, evidence: known }).evaluate([-5], false)).toBeLessThan(Infinity)
  })
})

describe("the misfit, against generalised least squares of the losses themselves", () => {
  const skew = 0.3
  const noise = { deviation: 0.01, shared: 0.6, source: "supplied", degrees: Infinity } as const
  const family = { form: forms.bell, terms: { tokens: true, size: false }, origin }
  const theta = [-4.5, 0.2, 0.4, 0.6]

  const evidenceFor = (study: Dense) => gatherEvidence(study.blocks, study.groups, noise, { skew, error: 0 })

  /** Slope of the law's optimum in each cell. */
  const flatAt = (evidence: Evidence) =>
    Array.from({ length: evidence.cells }, (_, c) =>
      rise(
        lawAt(family, theta, evidence.lnBatch[c], evidence.lnTokens[c], evidence.lnSize[c], new Float64Array(4)) -
          evidence.reference[c],
        skew,
      ),
    )

  it("is what being flat at the law's optima adds to the residual, all minima and curvatures being free", () => {
    // All horizons of a batch at the same rates: a balanced study, as one trunk read at several horizons is.
    const rows: ReadonlyArray<Row> = unbalancedRows(8).filter((row) => row.tokens === 2 ** 15)
    const draws = sequence(random(3, "balanced"))
    const balanced = [14, 15, 16].flatMap((octave) =>
      rows.map((row) => ({ ...row, tokens: 2 ** octave, loss: row.loss + 0.01 * draws.normal() })),
    )
    const study = dense(balanced, skew)
    expect(study.blocks.map(({ cells }) => cells.length)).toEqual([3, 3])
    const { evidence, members } = evidenceFor(study)
    const v = covarianceOfLosses(study, noise.deviation, noise.shared)
    const u = flatAt(evidence)
    const free = generalisedLeastSquares(study.design, study.losses, v)
    const constrained = study.design.map((row) =>
      study.windows.flatMap(({ profile }, at) => {
        const cell = members.indexOf(profile)
        // b = -c u: two coefficients a and c are left.
        return [row[3 * at], row[3 * at + 2] - u[cell] * row[3 * at + 1]]
      }),
    )
    const bound = generalisedLeastSquares(constrained, study.losses, v)
    const { evaluate } = objective({ ...family, evidence, scatter: 0 })
    const added = bound.residual - free.residual
    expect(added).toBeGreaterThan(10)
    expect(evaluate(theta, false) / added).toBeCloseTo(1, 8)
  })

  it("is, in an unbalanced study, the same of the slopes and curvatures of its profiles", () => {
    const study = dense(unbalancedRows(8), skew)
    const { evidence, members } = evidenceFor(study)
    const map = times(inverse(times(transpose(study.design), study.design)), transpose(study.design))
    const all = times(map, covarianceOfLosses(study, noise.deviation, noise.shared), transpose(map))
    const beta = times(
      map,
      study.losses.map((y) => [y]),
    )
    const at = members.flatMap((profile) => {
      const k = 3 * study.windows.findIndex((w) => w.profile === profile)
      return [k + 1, k + 2]
    })
    const u = flatAt(evidence)
    // Slopes and curvatures are free to be anything with b = -c u: one number c for each cell.
    const design = at.map((_, i) => members.map((_, c) => (i >> 1 === c ? (i % 2 === 0 ? -u[c] : 1) : 0)))
    const { residual } = generalisedLeastSquares(
      design,
      at.map((k) => beta[k][0]),
      at.map((k) => at.map((l) => all[k][l])),
    )
    const { evaluate } = objective({ ...family, evidence, scatter: 0 })
    expect(evaluate(theta, false) / residual).toBeCloseTo(1, 8)
  })

  it("has losses that are flat nowhere else to show for it", () => {
    // shape(z) - u z is flat at the optimum: the constraint of the test above says what it means.
    const z = 0.7
    const u = rise(z, skew)
    const h = 1e-5
    const curve = (x: number) => shape(x, skew) - u * x
    expect((curve(z + h) - curve(z - h)) / (2 * h)).toBeCloseTo(0, 8)
  })
})

describe("triangular factors", () => {
  const a = [
    [4, 1, 0.5],
    [1, 3, -0.7],
    [0.5, -0.7, 2],
  ]
  it("solve as the inverse does", () => {
    const l = Float64Array.from(a.flat())
    expect(cholesky(l, 3)).toBe(true)
    const lower = a.map((row, i) => row.map((_, j) => (j <= i ? l[3 * i + j] : 0)))
    const again = combine(times(lower, transpose(lower)), a, (x, y) => x - y).flat()
    for (const x of again) expect(Math.abs(x)).toBeLessThan(1e-14)
    const y = Float64Array.of(9, 1, -2, 3)
    forward(l, 3, y, 1)
    backward(l, 3, y, 1)
    expect(y[0]).toBe(9)
    times(inverse(a), [[1], [-2], [3]]).forEach(([x], i) => {
      expect(y[i + 1]).toBeCloseTo(x, 14)
    })
  })
  it("exist for positive matrices only", () => {
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBe(false)
    expect(cholesky(Float64Array.of(0), 1)).toBe(false)
    expect(cholesky(Float64Array.of(NaN), 1)).toBe(false)
  })
})
