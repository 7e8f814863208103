/** What an adaptive study is to find out, and whether it has. */
import { fitLaw, isEstimate, type Law, predict, type Result, type Row } from "@ts/fit"
import { Schema } from "effect"

const Positive = Schema.Finite.check(Schema.isGreaterThan(0))

/** What an adaptive study is to find out; it ends when half the 90 % interval of the answer is `within`. */
export const Question = Schema.Union([
  /** The exponent in T of the peak of the bell, or of the batch that needs 20 % more data. */
  Schema.Struct({ exponent: Schema.Literals(["peak", "overhead"]), within: Positive }),
  /** eta* of a run too long to tune; batch and horizon in tokens, `within` in octaves. */
  Schema.Struct({ eta: Schema.Struct({ tokens: Positive, batch: Positive }), within: Positive }),
])
export type Question = typeof Question.Type

export interface Answer {
  readonly result: Result
  /** Half the 90 % interval: of the exponent, or octaves. Infinite where it is half-open or there is no number. */
  readonly halfWidth: number
  readonly answered: boolean
}

/** Resamples behind the interval of the overhead batch; the other answers have theirs from the likelihood. */
const resamples = 60

/** The law that a question is planned by. */
export const lawFor = (question: Question, rows: ReadonlyArray<Row>): Law =>
  fitLaw(rows, { resamples: "exponent" in question && question.exponent === "overhead" ? resamples : 0 })

export const answerOf = (law: Law, question: Question): Answer => {
  const result =
    "eta" in question
      ? predict(law, question.eta).eta
      : question.exponent === "peak"
        ? law.powerLaws.peakBatch.exponent
        : law.powerLaws.overheadBatch.exponent
  const interval = isEstimate(result) ? result.interval : undefined
  const width =
    interval === undefined
      ? Infinity
      : "eta" in question
        ? Math.log2(interval.high / interval.low)
        : interval.high - interval.low
  const halfWidth = Number.isFinite(width) ? width / 2 : Infinity
  return { result, halfWidth, answered: halfWidth <= question.within }
}
