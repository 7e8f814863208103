import type { Block, Evidence } from "../joint/evidence.ts"
import { lawAt, parameterCount, termCount } from "../joint/objective.ts"
import { type Solved, solvedForm } from "../joint/plain.ts"
import { covarianceOf, lawValue } from "../joint/quantities.ts"
import type { Law } from "../law.ts"
import { leastSquares } from "../least-squares.ts"
import { type NotIdentified, notIdentified } from "../result.ts"
import { shape } from "../skewed.ts"
import { requireOption, requirePositive } from "../validate.ts"
import { type Candidate, candidates } from "./candidates.ts"

/** What the next runs are to settle. */
export type Question =
  /** The exponent of B_crit in the horizon. */
  | { readonly about: "exponent" }
  /** eta* of a run; batch and horizon in tokens, size in parameters. */
  | { readonly about: "eta"; readonly tokens: number; readonly batch: number; readonly size?: number }

/** Runs worth training next, and what they would do. */
export interface Proposal extends Candidate {
  /** 6 x parameters x tokens; absent where the size is unknown. */
  readonly flops?: number
  /** Standard error now and after: of the exponent, or of ln eta. */
  readonly now: number
  readonly after: number
}

/** A parameter that nothing determines is known to this, in logarithms: so that what first determines it can be valued. */
const widest = 30

/**
 * Which runs would shrink the doubt of an answer most per FLOP: for each candidate the standard error that the law would have with its readings added,
 * to first order, at the law as it is, under the noise as it was found (a local D_s-optimal design; Atkinson and Donev 1992). The runs of a
 * proposal stand for a profile: three rates an octave apart, without which a batch says nothing.
 *
 * @param most number of proposals, one for each batch at most
 * @throws InvalidOptionError
 */
export const nextRuns = (law: Law, question: Question, most = 3): ReadonlyArray<Proposal> | NotIdentified => {
  requireOption("most", most, Number.isInteger(most) && most >= 1, "a whole number of at least one")
  if (question.about === "eta") {
    requirePositive("tokens", question.tokens)
    requirePositive("batch", question.batch)
  }
  const { joint, noise } = law
  const form = question.about === "exponent" ? "bell" : joint?.form
  const solved = joint === undefined || form === undefined ? undefined : solvedForm(joint, form)
  if (solved === undefined || joint === undefined)
    return notIdentified(
      "too-few-cells",
      "No law could be fitted to plan by: train three rates an octave apart at three batches and two horizons first.",
      law.cells.length,
    )
  if (noise.source === "unknown")
    return notIdentified(
      "no-noise-level",
      "Planning needs the noise of a loss: repeat seeds or supply it.",
      law.cells.length,
    )
  if (question.about === "exponent" && !solved.problem.terms.tokens)
    return notIdentified("too-few-horizons", "One horizon has no exponent: measure a second one.", law.cells.length)
  const now = errorOf(solved, law, question)
  const { size } = law.slice
  const valued = candidates(law).map((candidate): Proposal => {
    const after = errorOf(withCells(solved, law, candidate), law, question)
    return {
      ...candidate,
      ...(size > 0 ? { flops: 6 * size * candidate.cost } : {}),
      now,
      after: Math.min(now, after),
    }
  })
  const gain = ({ after, cost }: Proposal) => (now - after) / cost
  const best = valued.filter((p) => p.after < 0.98 * now).sort((a, b) => gain(b) - gain(a))
  if (best.length === 0)
    return notIdentified(
      "flat",
      "No profile within two grid steps would change the answer by more than two per cent: more seeds at every batch would.",
      law.cells.length,
    )
  const seen = new Set<number>()
  return best.filter(({ batch }) => !seen.has(batch) && seen.add(batch)).slice(0, most)
}

/** Standard error of the answer, to first order. */
const errorOf = (solved: Solved, law: Law, question: Question): number => {
  const { problem, parameters } = solved
  const covariance = covarianceOf(solved, widest)
  if (covariance === undefined) return widest
  const p = parameters.length
  const gradient = new Float64Array(p)
  let variance = 0
  if (question.about === "exponent") gradient[termCount(problem.terms) + 1] = 1
  else {
    const size = question.size ?? law.slice.size
    lawAt(
      problem,
      parameters,
      Math.log(question.batch),
      Math.log(question.tokens),
      size > 0 ? Math.log(size) : 0,
      gradient,
    )
    variance = problem.scatter
  }
  for (let i = 0; i < parameterCount(problem); i++)
    for (let j = 0; j < parameterCount(problem); j++) variance += gradient[i] * covariance[i * p + j] * gradient[j]
  return Math.sqrt(variance)
}

/** The law with the profiles that a candidate would add, as if they came out where the law says. */
const withCells = (solved: Solved, law: Law, candidate: Candidate): Solved => {
  const { evidence } = solved.problem
  const { readings, etas, batch } = candidate
  const n = readings.length
  const lnSize = law.slice.size > 0 ? Math.log(law.slice.size) : 0
  const variance = law.noise.deviation ** 2
  const curvature = typicalCurvature(evidence, Math.log(batch), Math.log(candidate.tokens))
  const profiles = readings.map((tokens) => {
    const best = lawValue(solved, Math.log(batch), { lnTokens: Math.log(tokens), lnSize })
    return {
      tokens,
      best,
      ...designOf(
        etas.map((eta) => Math.log(eta) - best),
        curvature,
        evidence.skew,
      ),
    }
  })
  const square = (pick: (fit: (typeof profiles)[number]) => number): Float64Array => {
    const matrix = new Float64Array(n * n)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        const [a, b] = [pick(profiles[i]), pick(profiles[j])]
        // Same rates, hence nearly the same design at every horizon: what trunks share correlates like parts of one profile.
        matrix[i * n + j] = variance * (i === j ? a : law.noise.shared * Math.sign(a) * Math.sqrt(Math.abs(a * b)))
      }
    return matrix
  }
  const block: Block = {
    first: evidence.cells,
    cells: n,
    slopes: square((fit) => fit.inverse[4]),
    mixed: square((fit) => fit.inverse[5]),
    curvatures: square((fit) => fit.inverse[8]),
  }
  const extend = (values: Float64Array, added: ReadonlyArray<number>) => Float64Array.from([...values, ...added])
  const added: Evidence = {
    ...evidence,
    cells: evidence.cells + n,
    reference: extend(
      evidence.reference,
      profiles.map((fit) => fit.best),
    ),
    slope: extend(evidence.slope, new Array<number>(n).fill(0)),
    curvature: extend(evidence.curvature, new Array<number>(n).fill(curvature)),
    slopeBySkew: extend(
      evidence.slopeBySkew,
      profiles.map((fit) => fit.bySkew[1]),
    ),
    curvatureBySkew: extend(
      evidence.curvatureBySkew,
      profiles.map((fit) => fit.bySkew[2]),
    ),
    lnBatch: extend(evidence.lnBatch, new Array<number>(n).fill(Math.log(batch))),
    lnTokens: extend(evidence.lnTokens, readings.map(Math.log)),
    lnSize: extend(evidence.lnSize, new Array<number>(n).fill(lnSize)),
    blocks: [...evidence.blocks, block],
  }
  return { ...solved, problem: { ...solved.problem, evidence: added } }
}

/** Step in skew for the derivative of the coefficients. */
const small = 1e-3

/** The least-squares fit of a profile that follows its law exactly. */
const designOf = (z: ReadonlyArray<number>, curvature: number, skew: number) => {
  const losses = z.map((at) => curvature * shape(at, skew))
  const fitWith = (s: number) =>
    leastSquares(
      z.flatMap((at) => [1, at, shape(at, s)]),
      losses,
      z.map(() => 1),
      3,
    )
  const [fit, above, below] = [fitWith(skew), fitWith(skew + small), fitWith(skew - small)]
  if (fit === undefined || above === undefined || below === undefined) throw new RangeError("rates coincide")
  return {
    inverse: fit.inverse,
    bySkew: [0, 1, 2].map((i) => (above.coefficients[i] - below.coefficients[i]) / (2 * small)),
  }
}

/** Profiles asked for their curvature. */
const neighbours = 5

/** Median curvature at the optimum of the nearest profiles, nats. */
const typicalCurvature = (evidence: Evidence, lnBatch: number, lnTokens: number): number => {
  const near = Array.from({ length: evidence.cells }, (_, cell) => ({
    curvature: evidence.curvature[cell] - evidence.skew * evidence.slope[cell],
    distance: Math.hypot(evidence.lnBatch[cell] - lnBatch, evidence.lnTokens[cell] - lnTokens),
  }))
    .filter(({ curvature }) => curvature > 0)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, neighbours)
    .map(({ curvature }) => curvature)
    .sort((a, b) => a - b)
  return near[near.length >> 1] ?? 0.05
}
