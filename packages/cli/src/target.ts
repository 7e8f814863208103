/** The run that a prediction is for. */
import { isEstimate, type Law, predict } from "@ts/fit"
import type { RunPrediction } from "@ts/report"
import { parseDuration } from "@ts/schedule"
import { Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { inputError, toCliError } from "./exit.ts"
import type { FlagValues } from "./flagValues.ts"

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

export const targetFlags = {
  horizon: text(
    "for",
    "Token budget of the run to predict for, as 2^40, 1e12 or 500G; 8 times the longest unless given",
  ),
  batchSize: text("for-batch", "Its batch in tokens, as 4M or 2^22; the best one unless given"),
  forWidth: Flag.Int("for-width").pipe(
    Flag.withDescription("Its width (d_model); the law's own unless given"),
    Flag.optional,
  ),
  forSize: text("for-size", "Its number of parameters, as 7e9 or 350M; the law's own unless given"),
}
export type TargetFlags = FlagValues<typeof targetFlags>

const parsed = (value: string): number => {
  try {
    return parseDuration(value)
  } catch {
    return 0
  }
}

const count = (flag: string, value: string, what: string, example: string): number => {
  const number = parsed(value)
  if (number > 0) return number
  throw inputError(`${flag}: ${JSON.stringify(value)} is no number of ${what}; write it as ${example}`)
}

const tokens = (flag: string, value: string): number => count(flag, value, "tokens", "2^40, 1e12 or 500G")

const longest = (law: Law): number => law.cells.reduce((most, cell) => Math.max(most, cell.tokens), 0)

/** The batch with the lowest loss at the longest horizon where some optimum is known. */
const measuredBest = ({ cells, slice }: Law): { readonly batch: number } | undefined =>
  cells
    .filter(
      ({ width, size, average, eta }) =>
        width === slice.width && size === slice.size && average === slice.average && isEstimate(eta),
    )
    .sort((a, b) => b.tokens - a.tokens || (a.best?.loss ?? Infinity) - (b.best?.loss ?? Infinity))[0]

/** Where no batch is recommended, what would be right at the best batch measured: eta without a batch says nothing. */
const withBatch = (law: Law, prediction: RunPrediction, asked: object): ReadonlyArray<RunPrediction> => {
  const best = isEstimate(prediction.batch) ? undefined : measuredBest(law)
  if (best === undefined) return [prediction]
  const { method, ...rest } = predict(law, { tokens: prediction.tokens, ...asked, batch: best.batch })
  const told = method.replace("Batch as asked for", "Batch with the lowest loss at the longest horizon measured")
  return [prediction, { ...rest, ...asked, method: told }]
}

/** Eight times the longest horizon measured, where no target is named. */
export const predictionsFor = (
  law: Law,
  flags: TargetFlags,
): Effect.Effect<ReadonlyArray<RunPrediction>, ReturnType<typeof toCliError>> =>
  Effect.try({
    try: () => {
      const horizon = Option.isSome(flags.horizon) ? tokens("--for", flags.horizon.value) : 8 * longest(law)
      if (horizon === 0) return []
      const asked = {
        ...(Option.isSome(flags.forWidth) ? { width: flags.forWidth.value } : {}),
        ...(Option.isSome(flags.forSize)
          ? { size: count("--for-size", flags.forSize.value, "parameters", "7e9 or 350M") }
          : {}),
      }
      if (Option.isSome(flags.batchSize)) {
        const batch = tokens("--for-batch", flags.batchSize.value)
        return [{ ...predict(law, { tokens: horizon, ...asked, batch }), ...asked }]
      }
      return withBatch(law, { ...predict(law, { tokens: horizon, ...asked }), ...asked }, asked)
    },
    catch: toCliError,
  })
