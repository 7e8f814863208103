/**
 * What to train next: a pure function of what was measured, so that a study goes on where it stopped.
 *
 * The shortest horizons come first, for all batches: there a profile costs little, and walking off a grid's edge too.
 * Longer ones start from the optima found. Beyond the middle of the horizons only what the question needs is trained.
 */
import { isEstimate, type Law, type Proposal as NextRun, nextRuns } from "@ts/fit"
import type { Line, Trunk } from "./line.ts"
import type { Layout } from "./profile.ts"
import { answerOf, type Question } from "./question.ts"
import { type Measured, type Survey, surveyOf } from "./survey.ts"

/** Trunks to train, and why. */
export interface Round {
  readonly trunks: ReadonlyArray<Trunk>
  readonly why: string
}

/** Nothing more to train: the question is answered, or nothing that is left would help. */
export interface Done {
  readonly reason: "answered" | "exhausted"
  readonly why: string
}

/**
 * Rates of a first profile, of one at a short horizon, and of one at a long one. Optima want the common skew of all profiles, which many rates at
 * short horizons tell best; the lowest losses do not.
 */
const scanned = 5
const several = { optima: 7, losses: 5 } as const
const few = 3

/** Profiles trained at once beyond the first: those that promise at least this part of what the best one does. */
const worthwhile = 0.5
const atOnce = 3

/** With so many seeds at the longest horizon a question has no answer within the batches and horizons of the study. */
const mostSeeds = 8

/** Whether a batch has something to say at a horizon. */
type Matters = (line: Line, tokens: number) => boolean

/**
 * Cells that were begun, or belong to the shorter half of the horizons, and are not measured well yet: the shortest first, and there
 * every batch.
 */
const unsettled = (
  { lines, horizons, linesAt, started, need }: Survey,
  rates: number,
  matters: Matters,
): Round | undefined => {
  const shorter = Math.ceil(horizons.length / 2)
  for (const [k, tokens] of horizons.entries()) {
    const trunks = linesAt(tokens).flatMap((i) => {
      if (!started(i, tokens) && k > 0 && (k >= shorter || !matters(lines[i], tokens))) return []
      const first = !lines[i].horizons.some((t) => t < tokens && started(i, t))
      return need(i, tokens, first ? scanned : k < shorter ? rates : few)
    })
    if (trunks.length > 0) return { trunks, why: `profiles at ${tokens} tokens` }
  }
  return undefined
}

/** The next horizon, for every batch that matters there. */
const longer = (
  { lines, horizons, linesAt, started, needUpTo, fresh }: Survey,
  matters: Matters,
): Round | undefined => {
  for (const tokens of horizons) {
    const trunks = linesAt(tokens).flatMap((i) =>
      !started(i, tokens) && matters(lines[i], tokens) ? needUpTo(i, tokens, few) : [],
    )
    if (trunks.length > 0) return { trunks: fresh(trunks), why: `profiles at ${tokens} tokens` }
  }
  return undefined
}

/**
 * More seeds where they are cheapest for what they tell: a line through T has its doubt least for a given sum of tokens where their
 * number goes as T^-1/2.
 */
const moreSeeds = (
  { lines, horizons, linesAt, started, seedsAt, repeat, fresh }: Survey,
  places: ReadonlyArray<number>,
  matters: Matters,
): Round | Done => {
  const [poorest] = horizons
    .flatMap((tokens) => {
      const members = linesAt(tokens).filter((i) => started(i, tokens) && matters(lines[i], tokens))
      if (members.length === 0) return []
      const seeds = Math.min(...members.map((i) => seedsAt(i, tokens)))
      return [{ tokens, members, seeds, weight: seeds * Math.sqrt(tokens) }]
    })
    .sort((a, b) => a.weight - b.weight)
  const last = horizons[horizons.length - 1]
  if (poorest === undefined || (poorest.tokens === last && poorest.seeds >= mostSeeds))
    return {
      reason: "exhausted",
      why: "the batches and horizons of the study do not tell, however many seeds: widen them",
    }
  const { tokens, members, seeds } = poorest
  const trunks = members
    .filter((i) => seedsAt(i, tokens) === seeds)
    .flatMap((i) => repeat(i, tokens, places, Math.ceil(seeds / 3)))
  return { trunks: fresh(trunks), why: `more seeds up to ${tokens} tokens` }
}

/** What `nextRuns` values most, as far as the study has it. */
const mostCertainty = (survey: Survey, law: Law, question: Question, { spread }: Layout): Round | undefined => {
  const { lines, linesAt, seedsAt, needUpTo, repeat, fresh } = survey
  const proposals = nextRuns(
    law,
    "eta" in question ? { about: "eta", ...question.eta } : { about: "exponent" },
    lines.length,
  )
  if ("_tag" in proposals) return undefined
  const useful = proposals.filter((p) => linesAt(p.tokens).some((i) => lines[i].batch === p.batch))
  // What one more profile buys is told to first order; by then the others at its horizon may tell more.
  const isAhead = (line: number, tokens: number): boolean =>
    seedsAt(line, tokens) >= 2 + Math.min(...linesAt(tokens).map((i) => seedsAt(i, tokens)))
  const gain = ({ now, after, cost }: NextRun) => (now - after) / cost
  const trunks = useful
    .filter((p) => gain(p) >= worthwhile * gain(useful[0]))
    .slice(0, atOnce)
    .flatMap(({ kind, batch, tokens }) =>
      linesAt(tokens).flatMap((i) => {
        if (lines[i].batch !== batch) return []
        const more = kind === "repeat" ? [] : needUpTo(i, tokens, few)
        if (more.length > 0) return more
        // The outer rates tell where the minimum is.
        return isAhead(i, tokens) ? [] : repeat(i, tokens, [-spread, spread])
      }),
    )
  return trunks.length === 0 ? undefined : { trunks: fresh(trunks), why: "buys most certainty per token" }
}

/** Batches further than this from the overhead batch are on neither side of it. */
const margin = 2.2

/** For the overhead batch only the losses of the reference and of the batches about the crossing count. */
const aboutOverhead = ({ lines, horizons }: Survey, law: Law): Matters => {
  const reference = Math.min(...lines.map(({ batch }) => batch))
  return ({ batch }, tokens) => {
    // No larger batch reaches within its horizons what the reference has at the longest.
    if (batch === reference) return tokens < horizons[horizons.length - 1]
    const last = law.overheads.findLast((o) => o.tokens <= tokens && isEstimate(o.batch))
    if (last === undefined || !isEstimate(last.batch)) return true
    const { value } = last.batch
    return batch >= value / margin && batch <= value * Math.sqrt(tokens / last.tokens) * margin
  }
}

export const proposer = (measured: Measured, layout: Layout, question: Question) => {
  const survey = surveyOf(measured, layout)
  const { law } = measured
  const all: Matters = () => true
  const losses = "exponent" in question && question.exponent === "overhead"
  const matters = losses && law !== undefined ? aboutOverhead(survey, law) : all
  const { spread } = layout
  const propose = (): Round | Done => {
    const first = unsettled(survey, losses ? several.losses : several.optima, matters)
    if (first !== undefined) return first
    if (law === undefined) return { reason: "exhausted", why: "no batch has 64 steps after warmup at any horizon" }
    const { answered, halfWidth } = answerOf(law, question)
    if (answered) return { reason: "answered", why: `known to within ${halfWidth.toPrecision(2)}` }
    return losses
      ? (longer(survey, matters) ?? moreSeeds(survey, [0], matters))
      : (mostCertainty(survey, law, question, layout) ??
          longer(survey, all) ??
          moreSeeds(survey, [-spread, spread], all))
  }
  return { propose, reached: survey.reached, guess: survey.guess }
}
