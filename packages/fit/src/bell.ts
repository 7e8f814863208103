import { bellPossible, compareForms, rivalsOf } from "./joint/compare.ts"
import { evidenceOfPoints } from "./joint/evidence.ts"
import { originOf } from "./joint/fit-form.ts"
import { forms } from "./joint/form.ts"
import { peakBatchAt, peakEtaAt } from "./joint/peak.ts"
import type { Solved } from "./joint/plain.ts"
import type { Bell } from "./law.ts"
import { notIdentified } from "./result.ts"
import { requireFraction } from "./validate.ts"

/** eta* at one batch, with the standard error of ln eta* where known. */
export interface BellPoint {
  readonly batch: number
  readonly eta: number
  readonly standardError: number | undefined
}

/**
 * eta*(B) = eta_crit / (0.5 (sqrt(B/B_crit) + sqrt(B_crit/B))): rises like sqrt(B), peaks with height eta_crit at B_crit, falls.
 * Filatov et al. 2024 (arXiv 2410.05838), Eq. 3.1, after Li et al. 2024 (arXiv 2405.14578).
 *
 * @param batch tokens
 */
export const bellEta = (batch: number, peakBatch: number, peakEta: number): number =>
  peakEta / Math.cosh(0.5 * Math.log(batch / peakBatch))

/** Fewer batches than this leave nothing to tell a peak by. */
export const fewestBatches = 3

/**
 * Fits the bell to optima at one horizon, by least squares in ln eta*, weighted by their errors; where any error is unknown, unweighted. Optima that
 * scatter about the bell by more than their errors share a further variance.
 *
 * The peak is a number where every form without one is ruled out and its interval, by profile likelihood, is about a factor of ten or
 * less from end to end; else a bound that holds if it is a bell. Without the first condition a slow rise would pass for a bell
 * short of its peak, where the slope falls from 1/2.
 */
export const bell = (
  points: ReadonlyArray<BellPoint>,
  options: {
    readonly tokens?: number
    readonly level?: number
    /** Degrees of freedom behind the standard errors. Default: known exactly. */
    readonly errorDegrees?: number
  } = {},
): Bell => {
  const level = options.level ?? 0.9
  requireFraction("level", level)
  const tokens = options.tokens ?? 0
  const sorted = [...points].sort((a, b) => a.batch - b.batch)
  const n = sorted.length
  const batches = new Set(sorted.map((p) => p.batch)).size
  if (batches < fewestBatches) {
    const why = notIdentified("too-few-batches", fewBatches(batches), n)
    return { tokens, points: sorted, peakBatch: why, peakEta: why }
  }
  const known = sorted.every((p) => p.standardError !== undefined && p.standardError > 0)
  const evidence = evidenceOfPoints(
    sorted.map((p) => ({ batch: p.batch, tokens: 1, eta: p.eta, error: known ? (p.standardError ?? 0) : 0 })),
  )
  const terms = { tokens: false, size: false }
  const origin = originOf(evidence)
  const { fits, comparison } = compareForms(evidence, terms)
  const fit = fits.bell
  const degrees = options.errorDegrees ?? Infinity
  const solved: Solved = {
    problem: { form: forms.bell, terms, origin, evidence, scatter: fit.scatter ** 2 },
    parameters: fit.parameters,
    misfit: fit.misfit,
    degrees: fit.scatter > 0 ? Math.min(degrees, fit.degrees) : degrees,
  }
  const measured = {
    batches: [sorted[0].batch, sorted[n - 1].batch] as const,
    cells: n,
    rivals: rivalsOf(comparison),
    bell: bellPossible(comparison),
  }
  const at = { lnTokens: 0, lnSize: 0 }
  const peakBatch = peakBatchAt(solved, at, level, measured)
  return { tokens, points: sorted, peakBatch, peakEta: peakEtaAt(solved, at, level, peakBatch, measured) }
}

export const fewBatches = (batches: number): string =>
  `eta* is known at ${batches} batch size${batches === 1 ? "" : "s"}; the peak of eta*(B) needs at least three: measure more batches.`
