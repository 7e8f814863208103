import { evidenceOfPoints } from "../src/joint/evidence.ts"
import { fitForm, originOf, termsOf } from "../src/joint/fit-form.ts"
import { type FormName, forms } from "../src/joint/form.ts"
import type { Solved } from "../src/joint/plain.ts"
import { diagonal, generalisedLeastSquares } from "./dense.ts"

export interface Optimum {
  readonly batch: number
  readonly tokens: number
  readonly eta: number
  readonly error: number
}

/** A form fitted to optima with errors. */
export const solve = (points: ReadonlyArray<Optimum>, name: FormName, degrees = Infinity): Solved => {
  const evidence = evidenceOfPoints(points)
  const terms = termsOf(evidence, false)
  const origin = originOf(evidence)
  const fit = fitForm(evidence, name, { terms, origin })
  return {
    problem: { form: forms[name], terms, origin, evidence, scatter: fit.scatter ** 2 },
    parameters: fit.parameters,
    misfit: fit.misfit,
    degrees,
  }
}

/** Textbook weighted least squares of ln eta* over (1, ln T, ln B) counted from the point asked for. */
export const textbook = (
  points: ReadonlyArray<Optimum>,
  terms: { readonly tokens: boolean; readonly batch: boolean },
  at: { readonly batch: number; readonly tokens: number } = { batch: 1, tokens: 1 },
  variance = 0,
) =>
  generalisedLeastSquares(
    points.map((p) => [
      1,
      ...(terms.tokens ? [Math.log(p.tokens / at.tokens)] : []),
      ...(terms.batch ? [Math.log(p.batch / at.batch)] : []),
    ]),
    points.map((p) => Math.log(p.eta)),
    diagonal(points.map((p) => p.error ** 2 + variance)),
  )
