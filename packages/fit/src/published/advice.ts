import { tokensText } from "../format.ts"
import { batchSizeWarmup } from "./batch-size-warmup.ts"
import { constantTimescale } from "./constant-timescale.ts"
import { type Need, type PublishedInput, validateInput } from "./input.ts"
import { missingNeeds, type PublishedLaw, type PublishedValues } from "./law.ts"
import { mupWidth } from "./mup-width.ts"
import { nanochat } from "./nanochat.ts"
import { overheadBatchOfData, overheadBatchOfSize } from "./overhead-batch.ts"
import { powerLinesBatch, powerLinesDecay, powerLinesDecayFromReference } from "./power-lines.ts"
import { powerLawRate, powerScheduler } from "./power-scheduler.ts"
import { saturatingRate } from "./saturating-rate.ts"
import { linearRule, squareRootRule } from "./scaling-rules.ts"
import { stepLaw } from "./step-law.ts"
import { surge } from "./surge.ts"
import { timeTransferBatch, timeTransferPeak, timeTransferRate } from "./time-transfer.ts"

/** A law whose needs are known to be met only at run time. */
export type AnyPublishedLaw = Omit<PublishedLaw, "evaluate"> & {
  readonly evaluate: (input: never) => PublishedValues
}

/** Every published law of this package. */
export const publishedLaws: ReadonlyArray<AnyPublishedLaw> = [
  timeTransferBatch,
  timeTransferPeak,
  timeTransferRate,
  stepLaw,
  overheadBatchOfData,
  overheadBatchOfSize,
  powerLawRate,
  powerScheduler,
  powerLinesBatch,
  powerLinesDecay,
  powerLinesDecayFromReference,
  constantTimescale,
  nanochat,
  squareRootRule,
  linearRule,
  saturatingRate,
  surge,
  batchSizeWarmup,
  mupWidth,
]

/** What one law says, or what it lacks to say anything. */
export interface PublishedAdvice extends PublishedValues {
  readonly law: AnyPublishedLaw
  /** Fields to give before the law can speak; empty where it spoke. */
  readonly missing: ReadonlyArray<Need>
  /** Where the question lies outside of what the law was measured on; one sentence each. */
  readonly outside: ReadonlyArray<string>
}

const sizeText = (x: number): string => Number(x.toPrecision(3)).toExponential().replace("e+", "e")
const text = { tokens: tokensText, batch: tokensText, size: sizeText }

const outsideOf = (law: AnyPublishedLaw, input: PublishedInput): ReadonlyArray<string> =>
  (["tokens", "size", "batch"] as const).flatMap((field) => {
    const range = law.measured[field]
    const value = input[field]
    if (range === undefined || value === undefined || (value >= range[0] && value <= range[1])) return []
    const [low, high] = range.map(text[field])
    const measured = low === high ? low : `${low} to ${high}`
    return [`${field} ${text[field](value)} lies outside the measured ${measured}.`]
  })

/**
 * What every published law says about a run, each by its own definition and under its own conditions; laws that lack an input say
 * which. Nothing is averaged or ranked: the definitions differ.
 *
 * @throws InvalidOptionError for any field that is not a finite number above zero
 */
export const publishedAdvice = (input: PublishedInput): ReadonlyArray<PublishedAdvice> => {
  validateInput(input)
  return publishedLaws.map((law) => {
    const missing = missingNeeds(law, input)
    const values = missing.length === 0 ? law.evaluate(input as never) : {}
    return { law, ...values, missing, outside: outsideOf(law, input) }
  })
}
