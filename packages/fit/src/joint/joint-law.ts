import { fewBatches, fewestBatches } from "../bell.ts"
import type { TrunkBlock } from "../blocks.ts"
import type { Bell, Cell, FormComparison, JointLaw, NoiseLevel, PowerLaw, Slice } from "../law.ts"
import { lnError } from "../power-law.ts"
import type { Profile } from "../profiles.ts"
import { isEstimate, type NotIdentified, notIdentified } from "../result.ts"
import type { Skew } from "../windowed.ts"
import { bellPossible, compareForms, rivalsOf } from "./compare.ts"
import type { Evidence } from "./evidence.ts"
import { exponentsOf } from "./exponents.ts"
import { type FormFit, originOf, termsOf } from "./fit-form.ts"
import { type FormName, formNames, forms } from "./form.ts"
import { gatherEvidence } from "./gather.ts"
import { type Origin, type Terms, termCount } from "./objective.ts"
import { exponentAt, type Measured, peakBatchAt, peakEtaAt } from "./peak.ts"
import { plainEvidence, type Solved, solvedForm } from "./plain.ts"
import { covarianceOf } from "./quantities.ts"

/** What the joint fit of all cells says. */
export interface Joint {
  readonly joint: JointLaw | undefined
  readonly evidence: Evidence
  /** Position of the profile behind each cell of the evidence. */
  readonly members: ReadonlyArray<number>
  readonly forms: FormComparison
  readonly bells: ReadonlyArray<Bell>
  readonly peakBatch: PowerLaw
  readonly peakEta: PowerLaw
}

/** Horizons below this make no law in the horizon. */
const fewestHorizons = 3

/** Fits all forms to all profiles at once, and reads the bell off it at each horizon of the slice. */
export const jointLaw = (
  trunks: ReadonlyArray<TrunkBlock>,
  profiles: ReadonlyArray<Profile>,
  noise: NoiseLevel,
  options: {
    readonly sizes: boolean
    readonly slice: Slice
    readonly own: ReadonlyArray<Cell>
    readonly level: number
    readonly skew: Skew
  },
): Joint => {
  const { evidence, members } = gatherEvidence(trunks, profiles, noise, options.skew)
  const terms = termsOf(evidence, options.sizes)
  const origin = originOf(evidence)
  const { comparison, fits } = compareForms(evidence, terms)
  const named = "form" in comparison.verdict ? comparison.verdict.form : undefined
  const usable = formNames.filter((name) => fits[name].degrees > 0)
  const form = named ?? speaker(comparison, fits, evidence, origin, terms) ?? usable[0]
  const fitted = {
    terms,
    origin,
    fits: Object.fromEntries(
      usable.map((name) => {
        const { parameters, misfit, scatter, degrees } = fits[name]
        return [name, { parameters: [...parameters], misfit, scatter, degrees }]
      }),
    ),
    noiseDegrees: noise.source === "unknown" ? Infinity : noise.degrees,
    evidence: plainEvidence(evidence),
  }
  const speaking = solvedForm(fitted, form)
  const joint: JointLaw | undefined =
    speaking === undefined ? undefined : { ...fitted, form, exponents: exponentsOf(speaking, options.level) }
  return {
    joint,
    evidence,
    members,
    forms: comparison,
    ...bellOf(joint, evidence, comparison, options),
  }
}

/** How far outside the measured batches, ln B, a batch scale may lie for its form to be more than a power of B in disguise. */
const withinReach = 6

/**
 * Which form speaks where the data leave several: of those whose batch scale lies within reach of the batches the bell, as theory has it, else
 * the one with the lowest BIC. Beyond, parameters trade against each other, and a form says less than the power that it imitates.
 */
const speaker = (
  { verdict, scores }: FormComparison,
  fits: Readonly<Record<FormName, FormFit>>,
  evidence: Evidence,
  origin: Origin,
  terms: Terms,
): FormName | undefined => {
  const [low, high] = [Math.min(...evidence.lnBatch), Math.max(...evidence.lnBatch)]
  const possible = "form" in verdict ? [verdict.form] : verdict.undecided
  const ranked = scores.filter(({ form }) => possible.includes(form)).sort((x, y) => x.bic - y.bic)
  const sound = ranked
    .map(({ form }) => form)
    .filter((name) => {
      const place = fits[name].parameters[termCount(terms)] + origin.lnBatch
      return forms[name].batch !== "scale" || (place > low - withinReach && place < high + withinReach)
    })
  return sound.includes("bell") ? "bell" : sound[0]
}

const bellOf = (
  joint: JointLaw | undefined,
  evidence: Evidence,
  comparison: FormComparison,
  { slice, own, level }: { readonly slice: Slice; readonly own: ReadonlyArray<Cell>; readonly level: number },
): Pick<Joint, "bells" | "peakBatch" | "peakEta"> => {
  const horizons = [...new Set(own.map((cell) => cell.tokens))].sort((a, b) => a - b)
  const batches = [...new Set(evidence.lnBatch)].sort((a, b) => a - b).map(Math.exp)
  const measured: Measured = {
    batches: [batches[0] ?? NaN, batches[batches.length - 1] ?? NaN],
    cells: evidence.cells,
    rivals: rivalsOf(comparison),
    bell: bellPossible(comparison),
  }
  const solved = joint === undefined ? undefined : solvedForm(joint, "bell")
  const why = whyNone(solved, batches.length, evidence.cells)
  const lnSize = slice.size > 0 ? Math.log(slice.size) : 0
  const bells = horizons.map((tokens): Bell => {
    const points = pointsAt(own, tokens)
    if (why !== undefined || solved === undefined)
      return { tokens, points, peakBatch: why ?? none, peakEta: why ?? none }
    const at = { lnTokens: Math.log(tokens), lnSize }
    const peakBatch = peakBatchAt(solved, at, level, measured)
    return { tokens, points, peakBatch, peakEta: peakEtaAt(solved, at, level, peakBatch, measured) }
  })
  if (why !== undefined || solved === undefined)
    return { bells, peakBatch: noLaw(why ?? none, horizons), peakEta: noLaw(why ?? none, horizons) }
  const count = new Set(evidence.lnTokens).size
  const few =
    count < fewestHorizons
      ? notIdentified(
          "too-few-horizons",
          `${count} horizon${count === 1 ? " is" : "s are"} measured; a law in the horizon needs three.`,
          evidence.cells,
        )
      : undefined
  const reference = Math.exp(joint?.origin.lnTokens ?? 0)
  const at = { lnTokens: Math.log(reference), lnSize }
  const prefactor = peakBatchAt(solved, at, level, measured)
  const law = (of: "scale" | "height"): PowerLaw =>
    few !== undefined
      ? noLaw(few, horizons)
      : {
          exponent: exponentAt(solved, of, level, measured),
          prefactor: of === "scale" ? prefactor : peakEtaAt(solved, at, level, prefactor, measured),
          reference,
          horizons,
          covariance: covarianceAt(solved, of),
          residual: { deviation: 0, degrees: solved.degrees },
        }
  return { bells, peakBatch: law("scale"), peakEta: law("height") }
}

const none = notIdentified("no-data", "No loss profile says where it is flat: train three or more rates per cell.", 0)

const whyNone = (solved: Solved | undefined, batches: number, cells: number): NotIdentified | undefined => {
  if (cells === 0) return none
  if (batches < fewestBatches) return notIdentified("too-few-batches", fewBatches(batches), cells)
  if (solved === undefined)
    return notIdentified(
      "too-few-cells",
      `${cells} loss profile${cells === 1 ? " has" : "s have"} a window of three rates; a bell that moves with the horizon needs five: measure more cells.`,
      cells,
    )
  return undefined
}

const pointsAt = (own: ReadonlyArray<Cell>, tokens: number): Bell["points"] =>
  own.flatMap((cell) =>
    cell.tokens === tokens && isEstimate(cell.eta)
      ? [{ batch: cell.batch, eta: cell.eta.value, standardError: lnError(cell.eta) }]
      : [],
  )

const noLaw = (why: NotIdentified, horizons: ReadonlyArray<number>): PowerLaw => ({
  exponent: why,
  prefactor: why,
  reference: horizons.length === 0 ? 0 : Math.exp(horizons.reduce((sum, t) => sum + Math.log(t), 0) / horizons.length),
  horizons,
  covariance: undefined,
  residual: undefined,
})

/** Covariance of (ln value, exponent) at the origin. */
const covarianceAt = (solved: Solved, of: "scale" | "height"): PowerLaw["covariance"] => {
  const all = covarianceOf(solved)
  if (all === undefined || !solved.problem.terms.tokens) return undefined
  const k = termCount(solved.problem.terms)
  const p = solved.parameters.length
  const i = of === "scale" ? k : 0
  return [all[i * p + i], all[i * p + i + 1], all[(i + 1) * p + i], all[(i + 1) * p + i + 1]]
}
