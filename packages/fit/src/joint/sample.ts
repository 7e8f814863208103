import { random, sequence } from "@ts/random"
import type { JointLaw } from "../law.ts"
import type { Evidence } from "./evidence.ts"
import { minimise } from "./minimise.ts"
import { objective, termCount } from "./objective.ts"
import { solvedForm } from "./plain.ts"

/** Fits the bell again to resampled profiles. */
export interface LawSamples {
  /** @param of coefficients a, b, c of a profile in this resample, by its position */
  readonly draw: (
    resample: number,
    of: (profile: number) => Float64Array | undefined,
    collect: (name: string, value: number) => void,
  ) => void
}

/** Steps of a refit, which starts from the law of the data. */
const fewSteps = 12

/**
 * The joint bell, refitted to each resample from its own optimum: exponents of place and height, and both at each horizon, in logarithms.
 * Where the optima scatter about the law by more than their noise, so they do in a resample.
 *
 * @param members position of the profile behind each cell of the evidence
 */
export const lawSampler = (
  joint: JointLaw,
  evidence: Evidence,
  members: ReadonlyArray<number>,
  where: { readonly horizons: ReadonlyArray<number>; readonly lnSize: number; readonly seed: number },
): LawSamples | undefined => {
  const solved = solvedForm(joint, "bell")
  if (solved === undefined) return undefined
  const drawn = { ...evidence, slope: evidence.slope.slice(), curvature: evidence.curvature.slice() }
  const target = objective({ ...solved.problem, evidence: drawn })
  const { terms, origin } = solved.problem
  const scatter = Math.sqrt(solved.problem.scatter)
  const k = termCount(terms)
  const size = terms.size ? where.lnSize - origin.lnSize : 0
  return {
    draw: (resample, of, collect) => {
      const draws = sequence(random(where.seed, `scatter/${resample}`))
      members.forEach((profile, cell) => {
        const moved = scatter === 0 ? 0 : scatter * draws.normal()
        const coefficients = of(profile)
        if (coefficients === undefined) return
        drawn.slope[cell] = coefficients[1] + moved * (evidence.curvature[cell] - evidence.skew * evidence.slope[cell])
        // A profile that bends down in a resample keeps the bend it was measured with.
        drawn.curvature[cell] = coefficients[2] > 0 ? coefficients[2] : evidence.curvature[cell]
      })
      const { parameters } = minimise(target, solved.parameters, [], fewSteps)
      if (terms.tokens) {
        collect("exponent height", parameters[1])
        collect("exponent peak", parameters[k + 1])
      }
      for (const tokens of where.horizons) {
        const t = terms.tokens ? Math.log(tokens) - origin.lnTokens : 0
        const at = (first: number) =>
          parameters[first] +
          (terms.tokens ? parameters[first + 1] * t : 0) +
          (terms.size ? parameters[first + k - 1] * size : 0)
        collect(`height ${tokens}`, at(0))
        collect(`peak ${tokens}`, at(k) + origin.lnBatch)
      }
    },
  }
}
