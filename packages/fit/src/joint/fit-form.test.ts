import { describe, expect, it } from "vitest"
import { diagonal, generalisedLeastSquares } from "../../test/dense.ts"
import { optima, reference, type TrueLaw, trueEta, trueLaw } from "../../test/optima.ts"
import { octaves } from "../../test/simulate.ts"
import { chiSquareQuantile } from "../student.ts"
import { type Evidence, evidenceOfPoints } from "./evidence.ts"
import { fitAtScatter, fitForm, originOf, termsOf } from "./fit-form.ts"
import { formNames, forms } from "./form.ts"
import { lawAt } from "./objective.ts"

const grid = { batches: octaves(4, 14), horizons: octaves(18, 23) }
const fitted = (points: Parameters<typeof evidenceOfPoints>[0], form: TrueLaw["form"]) => {
  const evidence = evidenceOfPoints(points)
  const terms = termsOf(evidence, true)
  const origin = originOf(evidence)
  return { evidence, terms, origin, fit: fitForm(evidence, form, { terms, origin }) }
}

describe("each form", () => {
  it("comes back from noiseless optima, with its powers of the horizon", () => {
    for (const form of formNames) {
      const law = { ...trueLaw, form }
      const { fit, origin } = fitted(optima(law, grid), form)
      const t = origin.lnTokens - Math.log(reference)
      expect(fit).toMatchObject({ form, scatter: 0 })
      expect(fit.misfit).toBeLessThan(1e-8)
      const place = Math.log(law.batch) + law.batchGrowth * t - origin.lnBatch
      const height = Math.log(law.eta) + law.etaGrowth * t
      const expected =
        form === "power"
          ? [height + law.exponent * (origin.lnBatch - Math.log(law.batch)), law.etaGrowth, law.exponent]
          : form === "constant"
            ? [height, law.etaGrowth]
            : [height, law.etaGrowth, place, law.batchGrowth]
      expect(fit.parameters).toHaveLength(expected.length)
      expected.forEach((value, k) => {
        expect(fit.parameters[k]).toBeCloseTo(value, 5)
      })
      expect(fit.degrees).toBe(66 - expected.length)
    }
  })

  it("does so from wherever the batch scale lies, at rest or moving against the horizon", () => {
    for (const form of ["bell", "saturating", "saturating-sqrt"] as const)
      for (const batch of [2 ** 3, 2 ** 6, 2 ** 9, 2 ** 13])
        for (const batchGrowth of [-0.4, 0, 1]) {
          const law = { ...trueLaw, form, batch, batchGrowth }
          const { fit, evidence, terms, origin } = fitted(optima(law, grid), form)
          expect(fit.misfit).toBeLessThan(1e-7)
          const family = { form: forms[form], terms, origin }
          for (const point of [0, 30, 65])
            expect(
              lawAt(family, fit.parameters, evidence.lnBatch[point], evidence.lnTokens[point], 0, new Float64Array(4)),
            ).toBeCloseTo(evidence.reference[point], 4)
        }
  })

  it("has powers of the size where sizes vary and are asked for", () => {
    const points = optima(trueLaw, { ...grid, horizons: octaves(18, 20) })
    const sizes = [1e6, 3e6, 1e7]
    const plain = evidenceOfPoints(sizes.flatMap((n) => points.map((p) => ({ ...p, eta: p.eta * (n / 3e6) ** -0.15 }))))
    const lnSize = Float64Array.from(sizes.flatMap((n) => points.map(() => Math.log(n))))
    const evidence = { ...plain, lnSize }
    expect(termsOf(evidence, false)).toEqual({ tokens: true, size: false })
    const terms = termsOf(evidence, true)
    expect(terms).toEqual({ tokens: true, size: true })
    const { parameters, misfit } = fitForm(evidence, "bell", { terms, origin: originOf(evidence) })
    expect(misfit).toBeLessThan(1e-7)
    const found = [parameters[1], parameters[2], parameters[4], parameters[5]]
    ;[-0.2, -0.15, 0.5, 0].forEach((value, k) => {
      expect(found[k]).toBeCloseTo(value, 4)
    })
  })
})

it("counts from the centre of the cells, and only what varies has an exponent", () => {
  const points = optima(trueLaw, { batches: [64, 256], horizons: [1000, 4000] })
  const evidence = evidenceOfPoints(points)
  expect(originOf(evidence)).toEqual({
    lnBatch: expect.closeTo(Math.log(128), 12),
    lnTokens: expect.closeTo(Math.log(2000), 12),
    lnSize: 0,
  })
  expect(originOf(evidenceOfPoints([]))).toEqual({ lnBatch: 0, lnTokens: 0, lnSize: 0 })
  expect(termsOf(evidenceOfPoints(points.slice(0, 2)), true)).toEqual({ tokens: false, size: false })
  expect(termsOf(evidenceOfPoints([]), true)).toEqual({ tokens: false, size: false })
})

/** Weighted least squares of ln eta* over (1, ln T, ln B), with a further variance. */
const textbook = (points: ReturnType<typeof optima>, columns: ReadonlyArray<0 | 1 | 2>, variance: number) => {
  const design = points.map((p) =>
    columns.map((c) => (c === 0 ? 1 : c === 1 ? Math.log(p.tokens / 2 ** 20) : Math.log(p.batch / 2 ** 9))),
  )
  return generalisedLeastSquares(
    design,
    points.map((p) => Math.log(p.eta)),
    diagonal(points.map((p) => p.error ** 2 + variance)),
  )
}

describe("the scatter about a law", () => {
  it("is nought as long as the errors alone explain the misfit", () => {
    for (const seed of [1, 2, 3]) {
      const points = optima({ ...trueLaw, form: "power" }, { ...grid, seed })
      const { fit } = fitted(points, "power")
      const { residual } = textbook(points, [0, 1, 2], 0)
      expect(fit.misfit).toBeCloseTo(residual, 6)
      expect(residual).toBeLessThan(chiSquareQuantile(0.9, 63))
      expect(fit.scatter).toBe(0)
    }
  })

  it("is that of DerSimonian and Laird, solved exactly: with it the misfit is its degrees of freedom", () => {
    for (const [form, columns] of [
      ["power", [0, 1, 2]],
      ["constant", [0, 1]],
    ] as const)
      for (const scatter of [0.1, 0.4]) {
        const points = optima({ ...trueLaw, form: "power" }, { ...grid, seed: 7, scatter })
        const { fit, origin } = fitted(points, form)
        let [low, high] = [0, 4]
        for (let k = 0; k < 60; k++) {
          const middle = 0.5 * (low + high)
          if (textbook(points, columns, middle).residual > 66 - columns.length) low = middle
          else high = middle
        }
        expect(fit.scatter / Math.sqrt(high)).toBeCloseTo(1, 3)
        expect(fit.misfit / (66 - columns.length)).toBeCloseTo(1, 3)
        const { beta } = textbook(points, columns, fit.scatter ** 2)
        expect(fit.parameters[1]).toBeCloseTo(beta[1], 6)
        if (form === "power") expect(fit.parameters[2]).toBeCloseTo(beta[2], 6)
        expect(origin.lnTokens).toBeCloseTo(20.5 * Math.LN2, 10)
      }
  })

  it("is kept as long as the data say, however large", () => {
    const points = optima({ ...trueLaw, form: "constant" }, { ...grid, seed: 7, scatter: 5 })
    const { fit } = fitted(points, "constant")
    expect(fit.scatter).toBeGreaterThan(4)
    expect(fit.scatter).toBeLessThan(6)
    expect(fit.misfit / fit.degrees).toBeCloseTo(1, 3)
  })

  it("is the residual deviation where no errors are known, as in ordinary least squares", () => {
    const points = optima({ ...trueLaw, form: "power" }, { ...grid, seed: 5 }).map((p) => ({ ...p, error: 0 }))
    const { fit } = fitted(points, "power")
    const { residual, beta } = textbook(points, [0, 1, 2], 1)
    expect(fit.scatter).toBeCloseTo(Math.sqrt(residual / 63), 9)
    expect(fit.misfit).toBeCloseTo(63, 6)
    expect(fit.parameters[2]).toBeCloseTo(beta[2], 8)
    const exact = fitted(
      optima({ ...trueLaw, form: "power" }, grid).map((p) => ({ ...p, error: 0 })),
      "power",
    ).fit
    expect(exact.scatter).toBeLessThan(1e-9)
    expect(exact.scatter).toBeGreaterThan(0)
    // A single cell has no degrees of freedom to divide by.
    const one = fitted(points.slice(0, 1), "constant").fit
    expect(one).toMatchObject({ degrees: 0, scatter: expect.closeTo(0, 9) })
  })

  it("is nought where no degrees of freedom are left", () => {
    const points = optima(
      { ...trueLaw, form: "power" },
      { batches: [64, 512], horizons: [2 ** 20], seed: 3, scatter: 1 },
    )
    expect(fitted(points, "power").fit).toMatchObject({ degrees: 0, scatter: 0 })
  })
})

describe("starts", () => {
  it("survive optima far outside their windows and slopes that never vanish", () => {
    const points = optima(trueLaw, grid)
    const plain = evidenceOfPoints(points)
    // A positive skew has a smallest slope; these cells' profiles never reach zero.
    const evidence: Evidence = {
      ...plain,
      skew: 1,
      slope: plain.slope.map((_, k) => (k === 3 ? 2 : k === 8 ? -1e6 : 0)),
      blocks: plain.blocks.map((block, k) =>
        k === 3 || k === 8 ? { ...block, slopes: Float64Array.of(1e16) } : block,
      ),
    }
    const terms = termsOf(evidence, false)
    const { parameters } = fitAtScatter(evidence, { form: forms.bell, terms, origin: originOf(evidence) }, 0)
    expect(parameters[1]).toBeCloseTo(-0.2, 4)
    expect(parameters[3]).toBeCloseTo(0.5, 4)
  })

  it("are near the optima, however far those lie from the usual", () => {
    // Further away than all steps together lead.
    const law = { ...trueLaw, eta: 1e-150, etaGrowth: -140 }
    for (const form of formNames) {
      const points = optima({ ...law, form }, grid)
      const sizes = [1, 10]
      const many = sizes.flatMap((n) => points.map((p) => ({ ...p, eta: p.eta * n ** 125 })))
      const lnSize = Float64Array.from(sizes.flatMap((n) => points.map(() => Math.log(n))))
      const evidence = { ...evidenceOfPoints(many), lnSize }
      const terms = termsOf(evidence, true)
      const fit = fitAtScatter(evidence, { form: forms[form], terms, origin: originOf(evidence) }, 0)
      expect(fit.misfit).toBeLessThan(1e-6)
      expect(fit.parameters[1]).toBeCloseTo(-140, 4)
      expect(fit.parameters[2]).toBeCloseTo(125, 4)
    }
  })

  it("may be given, and then are the only ones", () => {
    const { evidence, terms, origin, fit } = fitted(optima(trueLaw, { ...grid, seed: 1 }), "bell")
    const family = { form: forms.bell, terms, origin }
    const again = fitAtScatter(evidence, family, 0, fit.parameters)
    expect(again.misfit).toBeCloseTo(fit.misfit, 8)
    const elsewhere = fitAtScatter(evidence, family, 0, [0, 0, 60, 0])
    expect(elsewhere.misfit).toBeGreaterThan(fit.misfit + 1)
  })

  it("lead to the lowest of several minima", () => {
    // A peak below the batches at short horizons and above them at long ones.
    const law = { ...trueLaw, batch: 2 ** 9, batchGrowth: 2.2 }
    const points = optima(law, { batches: octaves(6, 12), horizons: octaves(18, 22) })
    expect(fitted(points, "bell").fit.misfit).toBeLessThan(1e-7)
    expect(trueEta(law, 2 ** 6, 2 ** 22)).toBeLessThan(trueEta(law, 2 ** 12, 2 ** 22))
  })
})
