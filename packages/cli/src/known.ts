/** What published laws may take for known besides what the runs say. */
import { type PublishedInput, publishedAdvice, publishedLaws } from "@ts/fit"
import { Effect } from "effect"
import { Flag } from "effect/cli"
import { inputError, toCliError } from "./exit.ts"
import type { FlagValues } from "./flagValues.ts"

export const publishedFlags = {
  published: Flag.Boolean("published").pipe(
    Flag.withDescription("What published laws would say of the same run; --no-published leaves it out"),
    Flag.withDefault(true),
  ),
  known: Flag.KeyValuePair("known").pipe(
    Flag.withDescription("What they need besides, as reference.weightDecay=0.1 or noiseScale=2e6; may be repeated"),
    Flag.withDefault({} as Record<string, string>),
  ),
}
export type PublishedFlags = FlagValues<typeof publishedFlags>

const fields = new Set<string>(publishedLaws.flatMap(({ needs }) => needs))

const setField = (input: Record<string, unknown>, field: string, value: number): Record<string, unknown> => {
  const [head = "", member] = field.split(".")
  return { ...input, [head]: member === undefined ? value : { ...(input[head] as object), [member]: value } }
}

/** `false` with `--no-published`. */
export const publishedInput = (
  flags: PublishedFlags,
): Effect.Effect<PublishedInput | false, ReturnType<typeof toCliError>> =>
  Effect.try({
    try: () => {
      let input: Record<string, unknown> = {}
      for (const [field, text] of Object.entries(flags.known)) {
        if (!fields.has(field))
          throw inputError(
            `--known: no published law asks for "${field}"; they ask for ${[...fields].sort().join(", ")}`,
          )
        const value = text.trim() === "" ? Number.NaN : Number(text)
        if (!Number.isFinite(value)) throw inputError(`--known: ${field} is ${JSON.stringify(text)}, no number`)
        input = setField(input, field, value)
      }
      // Throws where a value makes no sense to the laws.
      publishedAdvice(input)
      return flags.published ? input : false
    },
    catch: toCliError,
  })
