/** What a law is asked besides itself: predictions, published laws about the same runs, and the runs worth training next. */
import {
  isEstimate,
  type Law,
  type NotIdentified,
  nextRuns,
  type Proposal,
  type PublishedInput,
  type Question,
} from "@ts/fit"
import type { PublishedBlock, RunPrediction } from "@ts/report"
import { Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { toCliError } from "./exit.ts"
import type { FlagValues } from "./flagValues.ts"
import { publishedFlags, publishedInput } from "./known.ts"
import { reporting } from "./reporting.ts"
import { predictionsFor, targetFlags } from "./target.ts"

export const askFlags = {
  ...targetFlags,
  ...publishedFlags,
  next: Flag.Literals("next", ["eta", "exponent", "none"] as const).pipe(
    Flag.withDescription("What the next runs should settle: eta of the prediction, or the exponent of B_crit in T"),
    Flag.optional,
  ),
}
export type AskFlags = FlagValues<typeof askFlags>

/** Options of the reports. */
export interface Asked {
  readonly predictions: ReadonlyArray<RunPrediction>
  readonly published: PublishedInput | false
  readonly questions: ReadonlyArray<Question>
}

/** eta of a prediction that has a batch; without one, or where asked for, the exponent of B_crit. */
const questionFor = (p: RunPrediction, next: AskFlags["next"]): Question =>
  Option.getOrUndefined(next) === "exponent" || !isEstimate(p.batch)
    ? { about: "exponent" }
    : { about: "eta", tokens: p.tokens, batch: p.batch.value, ...(p.size === undefined ? {} : { size: p.size }) }

const silent = (next: AskFlags["next"]): boolean => Option.getOrUndefined(next) === "none"

export const ask = Effect.fn("ask")(function* (law: Law, flags: AskFlags) {
  const predictions = yield* predictionsFor(law, flags)
  const published = yield* publishedInput(flags)
  const last = predictions[predictions.length - 1]
  const questions = last === undefined || silent(flags.next) ? [] : [questionFor(last, flags.next)]
  return { predictions, published, questions } satisfies Asked
})

/** A prediction as data, with what published laws say of the same run, and the runs worth training next. */
export interface Answered extends RunPrediction {
  readonly published?: PublishedBlock
  readonly next?: { readonly question: Question; readonly proposals: ReadonlyArray<Proposal> | NotIdentified }
}

export const answers = Effect.fn("answers")(function* (law: Law, { predictions, published }: Asked, flags: AskFlags) {
  const { publishedFor } = yield* reporting
  return yield* Effect.try({
    try: () =>
      predictions.map((p): Answered => {
        const question = questionFor(p, flags.next)
        return {
          ...p,
          ...(published === false ? {} : { published: publishedFor(law, p, published) }),
          ...(silent(flags.next) ? {} : { next: { question, proposals: nextRuns(law, question) } }),
        }
      }),
    catch: toCliError,
  })
})
