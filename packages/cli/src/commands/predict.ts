import { LawFormatError, parseLaw } from "@ts/fit"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { fitFlags, lawOf, openSource } from "../analysis.ts"
import { answers, ask, askFlags } from "../asking.ts"
import { inputError, toCliError } from "../exit.ts"
import { readText } from "../files.ts"
import { colour, data, json, talk, toJson } from "../output.ts"
import { reporting } from "../reporting.ts"
import { folderFlag } from "../studyFile.ts"
import { isTable, mappingFlags } from "../table.ts"
import { sourceArgument } from "./fit.ts"

/** A law that cannot be read, with the command that writes it anew. */
const unreadable = (file: string) => (cause: unknown) =>
  cause instanceof LawFormatError
    ? inputError(
        `${file}: ${cause.message.replace(/(: write it again with serializeLaw)?\.$/, "")}; write it again from its runs: time-transfer fit <study or runs> --json > ${file}`,
      )
    : toCliError(cause)

/** A law that `fit --json` wrote, or undefined where the file is a study. */
const readLaw = Effect.fn("readLaw")(function* (file: string) {
  if (isTable(file) || !file.endsWith(".json")) return undefined
  const text = yield* readText(file)
  if (!/"powerLaws"\s*:/.test(text)) return undefined
  return yield* Effect.try({ try: () => parseLaw(text), catch: unreadable(file) })
})

export const predict = Command.make(
  "predict",
  { source: sourceArgument, out: folderFlag, ...askFlags, ...mappingFlags, ...fitFlags, json },
  Effect.fn("predict")(function* (flags) {
    const stored = yield* readLaw(flags.source)
    const fitted = Effect.gen(function* () {
      const source = yield* openSource(flags.source, flags.out, flags)
      for (const line of source.talk) yield* talk(line)
      return yield* lawOf(source, flags)
    })
    const law = stored ?? (yield* fitted)
    const asked = yield* ask(law, flags)
    if (flags.json) return yield* data(toJson(yield* answers(law, asked, flags)))
    const { predictionText } = yield* reporting
    yield* data(predictionText(law, { ...asked, color: colour(), width: process.stdout.columns ?? 100 }).trimEnd())
  }),
).pipe(
  Command.withDescription(
    "Learning rate and batch size for a longer run: interval, regret and conditions, what other forms of the law and published laws would say, and the runs that would tell most",
  ),
  Command.withExamples([
    { command: "time-transfer predict study.ts --for 2^22", description: "With the batch that the law recommends" },
    { command: "time-transfer predict law.json --for 1e12 --for-batch 4M", description: "At a given batch" },
    {
      command: "time-transfer predict runs.csv --for 1e12 --for-batch 4M --for-size 7e9",
      description: "For another size: the law is asked there if it was fitted over sizes, and says so if not",
    },
    { command: "time-transfer predict law.json --for 1e12 --no-published", description: "Without published laws" },
  ]),
)
