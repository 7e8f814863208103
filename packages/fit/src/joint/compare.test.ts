import { beforeAll, describe, expect, it } from "vitest"
import { optima, trueLaw } from "../../test/optima.ts"
import { octaves } from "../../test/simulate.ts"
import { type Optimum, textbook } from "../../test/solved.ts"
import type { FormComparison, FormScore } from "../law.ts"
import { bellPossible, type Compared, compareForms, rivalsOf } from "./compare.ts"
import { evidenceOfPoints } from "./evidence.ts"
import { termsOf } from "./fit-form.ts"
import { type FormName, formNames, forms } from "./form.ts"

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

describe("the verdict", () => {
  it("names the form that made the data, noiseless or noisy", () => {
    for (const form of formNames)
      for (const seed of [undefined, 1, 2, 3, 4, 5]) {
        const truth = { ...trueLaw, form, exponent: 0.15 }
        const { comparison } = compared(
          optima(truth, { ...grid, error: 0.04, ...(seed === undefined ? {} : { seed }) }),
        )
        // A power may have no exponent, and a saturating form be saturated: only the bell is ruled out.
        if (form === "constant")
          expect("undecided" in comparison.verdict && comparison.verdict.undecided.slice().sort()).toEqual([
            "constant",
            "power",
            "saturating",
            "saturating-sqrt",
          ])
        else {
          expect(comparison.verdict).toEqual({ form })
          expect(comparison.words).toBe(
            `A ${forms[form].title} explains the optima and predicts the longest horizons decisively better than every other form.`,
          )
          expect(comparison.scores[0].form).toBe(form)
        }
      }
  })

  it("is left open where forms imitate one another", () => {
    // All batches far below the scale: bell and square root of the saturating form are powers 1/2, the saturating one is a power 1.
    const below = { batches: octaves(3, 10), horizons: octaves(17, 22), error: 0.02, seed: 1 }
    const bell = compared(optima({ ...trueLaw, batch: 2 ** 20, batchGrowth: 0 }, below)).comparison
    expect("undecided" in bell.verdict && [...bell.verdict.undecided].sort()).toEqual([
      "bell",
      "power",
      "saturating-sqrt",
    ])
    expect("undecided" in bell.verdict && bell.verdict.undecided[0]).toBe("power")
    expect(bell.words).toMatch(
      /^The data cannot tell power of B, .* from .*: measure batches further out\. The simplest that serves is power of B\.$/,
    )
  })

  it("compares nothing at one batch", () => {
    const { comparison } = compared(optima(trueLaw, { batches: [256], horizons: octaves(17, 22), seed: 1 }))
    expect(comparison.verdict).toEqual({ undecided: formNames })
    expect(comparison.words).toBe("The forms of eta*(B) cannot be compared: measure more batches.")
    expect(comparison.scores.length).toBeGreaterThan(0)
    const none = compared([]).comparison
    expect(none.verdict).toEqual({ undecided: formNames })
    expect(none.scores).toEqual([])
  })

  it("rests on the misfit alone at one horizon", () => {
    const { comparison } = compared(optima(trueLaw, { batches: octaves(3, 15), horizons: [2 ** 20], error: 0.04 }))
    expect(comparison.verdict).toEqual({ form: "bell" })
    expect(comparison.words).toBe("A bell explains the optima decisively better than every other form.")
    for (const { heldOut } of comparison.scores) expect(heldOut).toBeUndefined()
    // Best BIC first.
    const bics = comparison.scores.map(({ bic }) => bic)
    expect(bics).toEqual([...bics].sort((a, b) => a - b))
  })

  it("takes a difference of nine for decisive, and not much less", () => {
    // Two batches, a constant against a power: the misfit differs by the square of the difference over its variance.
    for (const [difference, decided] of [
      [3.05, true],
      [2.95, false],
    ] as const) {
      const error = 0.1
      const points = [64, 256].flatMap((batch, k) =>
        [1, 2, 3, 4].map((_, i) => ({
          batch,
          tokens: 2 ** 20,
          // Four points in a batch that scatter by their errors and no more.
          eta: 0.01 * Math.exp(error * (0.5 - (i % 2)) + k * difference * error * Math.SQRT1_2),
          error,
        })),
      )
      const all = compared(points)
      const gap = scoreOf(all, "constant").misfit - scoreOf(all, "power").misfit
      expect(gap).toBeCloseTo(difference ** 2, 6)
      const { verdict } = all.comparison
      const alive = "form" in verdict ? [verdict.form] : verdict.undecided
      expect(alive.includes("constant")).toBe(!decided)
    }
  })
})

describe("scores", () => {
  const points = optima({ ...trueLaw, form: "power" }, { ...grid, seed: 8, scatter: 0.1 })
  let all: Compared
  beforeAll(() => {
    all = compared(points)
  })

  it("are all at the scatter of the form that needs least", () => {
    const least = Math.min(...formNames.map((form) => all.fits[form].scatter))
    expect(least).toBeGreaterThan(0.05)
    expect(all.fits.constant.scatter).toBeGreaterThan(2 * least)
    for (const [form, terms] of [
      ["power", { tokens: true, batch: true }],
      ["constant", { tokens: true, batch: false }],
    ] as const) {
      const { residual } = textbook(points, terms, undefined, least ** 2)
      expect(scoreOf(all, form).misfit / residual).toBeCloseTo(1, 4)
    }
  })

  it("add two for each parameter, and the logarithm of the number of cells", () => {
    const counts = { bell: 4, saturating: 4, "saturating-sqrt": 4, power: 3, constant: 2 }
    for (const form of formNames) {
      const { parameters, misfit, aic, bic } = scoreOf(all, form)
      expect(parameters).toBe(counts[form])
      expect(aic - misfit).toBeCloseTo(2 * parameters, 9)
      expect(bic - misfit).toBeCloseTo(parameters * Math.log(78), 9)
    }
  })

  it("are missing for forms without a degree of freedom", () => {
    const few = compared(optima(trueLaw, { batches: [64, 512], horizons: [2 ** 20] }))
    expect(few.comparison.scores.map(({ form }) => form)).toEqual(["constant"])
    expect(few.fits.bell.degrees).toBe(0)
  })

  it("rank by held-out horizons", () => {
    const surprises = all.comparison.scores.map(({ heldOut }) => heldOut?.surprise ?? NaN)
    expect(surprises).toEqual([...surprises].sort((a, b) => a - b))
  })
})

describe("the verdict and held-out horizons", () => {
  it("keep a form alive that explains less and predicts better", () => {
    // A bell at short horizons; at the long ones, with large errors, just what a power fitted to the short ones predicts.
    const points = optima(trueLaw, { ...grid, error: 0.02 })
    const training = points.filter((p) => p.tokens < 2 ** 21)
    const broken = points.map((p) => {
      if (p.tokens < 2 ** 21) return p
      const { beta } = textbook(training, { tokens: true, batch: true }, p)
      return { ...p, eta: Math.exp(beta[0]), error: 1 }
    })
    const all = compared(broken)
    const [bell, power, constant] = [scoreOf(all, "bell"), scoreOf(all, "power"), scoreOf(all, "constant")]
    expect(power.misfit).toBeGreaterThan(bell.misfit + 9)
    expect(power.heldOut?.surprise).toBeLessThan(bell.heldOut?.surprise ?? NaN)
    expect(constant.misfit).toBeGreaterThan(bell.misfit + 9)
    const { verdict, words, scores } = all.comparison
    expect("undecided" in verdict && verdict.undecided[0]).toBe("bell")
    expect("undecided" in verdict && verdict.undecided.includes("power")).toBe(true)
    expect(words).toMatch(/The simplest that serves is bell\.$/)
    expect(scores[0].form).not.toBe("bell")
  })
})

describe("rivals of the bell", () => {
  const score = (form: FormName, bic: number): FormScore => ({
    form,
    parameters: 1,
    misfit: 0,
    aic: 0,
    bic,
    heldOut: undefined,
  })
  it("are the other forms that live, the lowest BIC first", () => {
    const scores = [score("bell", 1), score("power", 5), score("constant", 3)]
    const of = (verdict: FormComparison["verdict"]) => rivalsOf({ scores, words: "", verdict })
    expect(of({ form: "bell" })).toEqual([])
    expect(of({ form: "power" })).toEqual(["power"])
    expect(of({ undecided: ["bell", "power", "constant"] })).toEqual(["constant", "power"])
    // Forms without a score come last.
    expect(of({ undecided: ["saturating", "power"] })).toEqual(["power", "saturating"])
  })

  it("leave a bell possible unless it is ruled out", () => {
    const of = (verdict: FormComparison["verdict"]) => bellPossible({ scores: [], words: "", verdict })
    expect(of({ form: "bell" })).toBe(true)
    expect(of({ form: "power" })).toBe(false)
    expect(of({ undecided: ["power", "bell"] })).toBe(true)
    expect(of({ undecided: ["power", "constant"] })).toBe(false)
  })
})

it("compares nothing where the misfit is no number", () => {
  const plain = evidenceOfPoints(optima(trueLaw, { ...grid, seed: 1 }))
  const evidence = { ...plain, slope: plain.slope.map(() => 1e200) }
  const { comparison } = compareForms(evidence, { tokens: true, size: false })
  expect(comparison.verdict).toEqual({ undecided: formNames })
  expect(comparison.words).toBe(
    "The forms of eta*(B) cannot be compared: losses or their noise are too large or too small for numbers.",
  )
})
