import { type Law, type PublishedAdvice, type PublishedInput, publishedAdvice } from "@ts/fit"
import type { RunPrediction } from "../options.ts"
import { knownOf } from "./known.ts"

/** What published laws say of the run that a prediction is for. */
export interface PublishedBlock {
  /** What they were told. */
  readonly input: PublishedInput
  /** Laws that could be evaluated. */
  readonly said: ReadonlyArray<PublishedAdvice>
  /** Laws that lack an input, with what that is. */
  readonly silent: ReadonlyArray<PublishedAdvice>
}

/**
 * Every published law about the run of a prediction, each by its own definition.
 *
 * @throws InvalidOptionError where `known` holds something that is not a finite number above zero
 */
export const publishedFor = (law: Law, prediction: RunPrediction, known?: PublishedInput): PublishedBlock => {
  const input = knownOf(law, prediction, known)
  const advice = publishedAdvice(input)
  return {
    input,
    said: advice.filter(({ missing }) => missing.length === 0),
    silent: advice.filter(({ missing }) => missing.length > 0),
  }
}

/** Whether a later prediction asks published laws the same, with a batch where this one has none. */
export const askedAgain = (p: RunPrediction, later: ReadonlyArray<RunPrediction>): boolean =>
  p.batch._tag === "NotIdentified" &&
  later.some((q) => q.tokens === p.tokens && q.width === p.width && q.size === p.size)
