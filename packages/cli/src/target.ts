/** The run that a prediction is for. */
import { type Law, type Prediction, predict } from "@ts/fit"
import { parseDuration } from "@ts/schedule"
import { Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { inputError, toCliError } from "./exit.ts"
import type { FlagValues } from "./flagValues.ts"

export const targetFlags = {
  horizon: Flag.String("for").pipe(
    Flag.withDescription("Token budget of the run to predict for, as 2^40, 1e12 or 500G"),
    Flag.optional,
  ),
  batchSize: Flag.String("for-batch").pipe(
    Flag.withDescription("Its batch in tokens; the best one unless given"),
    Flag.optional,
  ),
}
export type TargetFlags = FlagValues<typeof targetFlags>

const longest = (law: Law): number => law.cells.reduce((most, cell) => Math.max(most, cell.tokens), 0)

const parsed = (text: string): number => {
  try {
    return parseDuration(text)
  } catch {
    return 0
  }
}

const count = (flag: string, text: string): number => {
  const tokens = parsed(text)
  if (tokens > 0) return tokens
  throw inputError(`${flag}: ${JSON.stringify(text)} is no number of tokens; write it as 2^40, 1e12 or 500G`)
}

/** Eight times the longest horizon measured, where no target is named. */
export const predictionsFor = (
  law: Law,
  flags: TargetFlags,
): Effect.Effect<ReadonlyArray<Prediction>, ReturnType<typeof toCliError>> =>
  Effect.try({
    try: () => {
      const tokens = Option.isSome(flags.horizon) ? count("--for", flags.horizon.value) : 8 * longest(law)
      const batch = Option.map(flags.batchSize, (text) => count("--for-batch", text))
      return tokens === 0 ? [] : [predict(law, { tokens, ...(Option.isSome(batch) ? { batch: batch.value } : {}) })]
    },
    catch: toCliError,
  })
