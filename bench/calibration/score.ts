/** One study against its truth: what was answered about each quantity, and whether the answer holds the truth. */
import { fitLaw, type Law, predict, type Result } from "../../packages/fit/src/index.ts"
import { random, sequence } from "../../packages/random/src/index.ts"
import { drawStudy } from "./draw.ts"
import { peakDeviations } from "./fisher.ts"
import type { Scenario } from "./scenarios.ts"
import { at, lnBestRate, type Study, simulate } from "./simulate.ts"

export const quantities = ["alpha_B", "B_crit", "eta*", "eta at 8 T"] as const
export type Quantity = (typeof quantities)[number]

export interface Answer {
  /** `bound`: not identified, with a bound. `empty`: no interval and no bound, so that nothing can be wrong. */
  readonly kind: "estimate" | "bound" | "empty"
  readonly covers: boolean
  /** Estimate over truth: in ln, for alpha_B as a difference. Absent where there is no estimate. */
  readonly error?: number
  /** Of a bounded interval, in the same unit. */
  readonly width?: number
}

/** What was said about B_crit at one horizon, beside what the design could have said. */
export interface Identified {
  /** Cramer-Rao standard deviation of ln B_crit. */
  readonly deviation: number
  readonly identified: boolean
}

export interface StudyScore {
  readonly answers: Readonly<Record<Quantity, ReadonlyArray<Answer>>>
  readonly horizons: ReadonlyArray<Identified>
  /** Noise as estimated, over the truth. */
  readonly noise: number
  readonly shared: number
  /** Of `fitLaw` and the predictions. */
  readonly seconds: number
}

/** An answer that is missing from the law says nothing. */
export const scoreAnswer = (result: Result | undefined, truth: number, scale: "linear" | "log"): Answer => {
  const unit = (x: number) => (scale === "log" ? Math.log(x) : x)
  if (result === undefined) return { kind: "empty", covers: true }
  if (result._tag === "NotIdentified") {
    const { lower = -Infinity, upper = Infinity } = result.bound ?? {}
    if (lower === -Infinity && upper === Infinity) return { kind: "empty", covers: true }
    return { kind: "bound", covers: lower <= truth && truth <= upper }
  }
  const error = unit(result.value) - unit(truth)
  const { interval } = result
  if (interval === undefined) return { kind: "empty", covers: true, error }
  const covers = interval.low <= truth && truth <= interval.high
  const width = unit(interval.high) - unit(interval.low)
  return { kind: "estimate", covers, error, ...(Number.isFinite(width) ? { width } : {}) }
}

const answersOf = (law: Law, { truth, design }: Study): StudyScore["answers"] => {
  const { batches, horizons } = design
  const eta = (batch: number, tokens: number) => Math.exp(lnBestRate(truth, batch, tokens))
  const far = 8 * horizons[horizons.length - 1]
  const asked = [batches[0], batches[batches.length >> 1], batches[batches.length - 1]]
  return {
    alpha_B: [scoreAnswer(law.powerLaws.peakBatch.exponent, truth.batchScale.exponent, "linear")],
    B_crit: horizons.map((tokens) =>
      scoreAnswer(law.bells.find((b) => b.tokens === tokens)?.peakBatch, at(truth.batchScale, tokens), "log"),
    ),
    "eta*": batches.flatMap((batch) =>
      horizons.map((tokens) =>
        scoreAnswer(law.cells.find((c) => c.batch === batch && c.tokens === tokens)?.eta, eta(batch, tokens), "log"),
      ),
    ),
    "eta at 8 T": asked.map((batch) => scoreAnswer(predict(law, { tokens: far, batch }).eta, eta(batch, far), "log")),
  }
}

/** Study `index` of a scenario: the same seed, scenario and index give the same study. */
export const scoreStudy = (scenario: Scenario, seed: number, index: number): StudyScore => {
  const draws = sequence(random(seed, `calibration/${scenario.name}/${index}`))
  const study = drawStudy(scenario.setup, draws)
  const rows = simulate(study, draws)
  const start = performance.now()
  const law = fitLaw(rows)
  const answers = answersOf(law, study)
  const seconds = (performance.now() - start) / 1000
  // The bound knows no scatter of cells about the law: such studies are not grouped by it.
  const deviations = study.truth.scatter === undefined ? peakDeviations(study) : []
  return {
    answers,
    horizons: study.design.horizons.map((tokens, i) => ({
      deviation: deviations[i] ?? NaN,
      identified: law.bells.find((b) => b.tokens === tokens)?.peakBatch._tag === "Estimate",
    })),
    noise: law.noise.deviation / study.noise.deviation,
    shared: law.noise.shared,
    seconds,
  }
}
