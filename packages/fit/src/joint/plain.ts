import type { JointLaw, PlainEvidence } from "../law.ts"
import type { Evidence } from "./evidence.ts"
import { type FormName, forms } from "./form.ts"
import type { Problem } from "./objective.ts"

export const plainEvidence = (evidence: Evidence): PlainEvidence => ({
  skew: evidence.skew,
  skewError: evidence.skewError,
  slopeBySkew: [...evidence.slopeBySkew],
  curvatureBySkew: [...evidence.curvatureBySkew],
  reference: [...evidence.reference],
  slope: [...evidence.slope],
  curvature: [...evidence.curvature],
  lnBatch: [...evidence.lnBatch],
  lnTokens: [...evidence.lnTokens],
  lnSize: [...evidence.lnSize],
  blocks: evidence.blocks.map(({ cells, slopes, mixed, curvatures }) => ({
    cells,
    slopes: [...slopes],
    mixed: [...mixed],
    curvatures: [...curvatures],
  })),
})

export const evidenceOf = (plain: PlainEvidence): Evidence => {
  let first = 0
  return {
    cells: plain.slope.length,
    skew: plain.skew,
    skewError: plain.skewError,
    slopeBySkew: Float64Array.from(plain.slopeBySkew),
    curvatureBySkew: Float64Array.from(plain.curvatureBySkew),
    reference: Float64Array.from(plain.reference),
    slope: Float64Array.from(plain.slope),
    curvature: Float64Array.from(plain.curvature),
    lnBatch: Float64Array.from(plain.lnBatch),
    lnTokens: Float64Array.from(plain.lnTokens),
    lnSize: Float64Array.from(plain.lnSize),
    blocks: plain.blocks.map(({ cells, slopes, mixed, curvatures }) => {
      const block = {
        first,
        cells,
        slopes: Float64Array.from(slopes),
        mixed: Float64Array.from(mixed),
        curvatures: Float64Array.from(curvatures),
      }
      first += cells
      return block
    }),
  }
}

/** A fitted form of a joint law as a problem with its solution. */
export interface Solved {
  readonly problem: Problem
  readonly parameters: Float64Array
  readonly misfit: number
  /** Degrees of freedom of Student's t for its intervals. */
  readonly degrees: number
}

/** `undefined` where that form could not be fitted. */
export const solvedForm = (joint: Omit<JointLaw, "exponents" | "form">, name: FormName): Solved | undefined => {
  const fit = joint.fits[name]
  if (fit === undefined) return undefined
  return {
    problem: {
      form: forms[name],
      terms: joint.terms,
      origin: joint.origin,
      evidence: evidenceOf(joint.evidence),
      scatter: fit.scatter ** 2,
    },
    parameters: Float64Array.from(fit.parameters),
    misfit: fit.misfit,
    degrees: fit.scatter > 0 ? Math.min(joint.noiseDegrees, fit.degrees) : joint.noiseDegrees,
  }
}
