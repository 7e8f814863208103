/** Many scored studies as figures. Answers within a study are correlated: each study counts once, by the mean of its answers. */
import { type Answer, type Identified, type Quantity, quantities, type StudyScore } from "./score.ts"

export interface Share {
  /** NaN where nothing counts. */
  readonly value: number
  /** Over studies. */
  readonly standardError: number
}

export interface QuantityFigures {
  /** Every answer counts; an empty one cannot be wrong. */
  readonly coverage: Share
  /** Of the answers that are not empty. */
  readonly spoken: Share
  /** Parts of the answers. */
  readonly estimates: number
  readonly bounds: number
  readonly empty: number
  /** Median of estimate over truth: ln, for alpha_B a difference. */
  readonly bias: number
  /** Median over bounded intervals, in the same unit. */
  readonly width: number
}

export interface ScenarioFigures {
  readonly scenario: string
  readonly studies: number
  readonly quantities: Readonly<Record<Quantity, QuantityFigures>>
  /** Mean over the quantities. */
  readonly coverage: Share
  /** Medians of the estimated noise over the true one, and of its estimated shared part. */
  readonly noise: number
  readonly shared: number
  /** Mean time of a fit. */
  readonly seconds: number
}

export interface Identifiability {
  /** Group of the Cramer-Rao standard deviation of ln B_crit. */
  readonly group: "below 0.4" | "0.4 to 1.5" | "above 1.5"
  readonly horizons: number
  /** Part of them where the fit says "not identified". */
  readonly notIdentified: number
}

const mean = (values: ReadonlyArray<number>): number => values.reduce((a, b) => a + b, 0) / values.length

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.filter((v) => !Number.isNaN(v)).sort((a, b) => a - b)
  const n = sorted.length
  return n === 0 ? NaN : (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2
}

/** Mean over studies with its standard error; studies without a value (NaN) do not count. */
export const shareOf = (values: ReadonlyArray<number>): Share => {
  const own = values.filter((v) => !Number.isNaN(v))
  const value = mean(own)
  const variance = own.reduce((sum, v) => sum + (v - value) ** 2, 0) / (own.length - 1)
  return { value, standardError: Math.sqrt(variance / own.length) }
}

const covering = (answers: ReadonlyArray<Answer>): number => mean(answers.map((a) => (a.covers ? 1 : 0)))

const figuresOf = (studies: ReadonlyArray<ReadonlyArray<Answer>>): QuantityFigures => {
  const all = studies.flat()
  const part = (kind: Answer["kind"]) => all.filter((a) => a.kind === kind).length / all.length
  return {
    coverage: shareOf(studies.map(covering)),
    spoken: shareOf(studies.map((answers) => covering(answers.filter((a) => a.kind !== "empty")))),
    estimates: part("estimate"),
    bounds: part("bound"),
    empty: part("empty"),
    bias: median(all.flatMap((a) => a.error ?? [])),
    width: median(all.flatMap((a) => a.width ?? [])),
  }
}

/** Coverage of one study: the mean of its quantities. */
const coverageOf = (score: StudyScore): number => mean(quantities.map((q) => covering(score.answers[q])))

export const summarise = (scenario: string, scores: ReadonlyArray<StudyScore>): ScenarioFigures => ({
  scenario,
  studies: scores.length,
  quantities: Object.fromEntries(quantities.map((q) => [q, figuresOf(scores.map((s) => s.answers[q]))])) as Record<
    Quantity,
    QuantityFigures
  >,
  coverage: shareOf(scores.map(coverageOf)),
  noise: median(scores.map((s) => s.noise)),
  shared: median(scores.map((s) => s.shared)),
  seconds: mean(scores.map((s) => s.seconds)),
})

/** Mean over scenarios, each counting once. */
export const pooled = (figures: ReadonlyArray<ScenarioFigures>): Share => ({
  value: mean(figures.map((f) => f.coverage.value)),
  standardError: Math.sqrt(figures.reduce((sum, f) => sum + f.coverage.standardError ** 2, 0)) / figures.length,
})

export const identifiability = (scores: ReadonlyArray<StudyScore>): ReadonlyArray<Identifiability> => {
  const horizons = scores.flatMap((s) => s.horizons)
  const group = (name: Identifiability["group"], member: (h: Identified) => boolean): Identifiability => {
    const own = horizons.filter(member)
    return { group: name, horizons: own.length, notIdentified: mean(own.map((h) => (h.identified ? 0 : 1))) }
  }
  return [
    group("below 0.4", (h) => h.deviation < 0.4),
    group("0.4 to 1.5", (h) => h.deviation >= 0.4 && h.deviation <= 1.5),
    group("above 1.5", (h) => h.deviation > 1.5),
  ]
}
