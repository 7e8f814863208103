import { parseLaw } from "@ts/fit"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { fitFlags, lawOf, openSource } from "../analysis.ts"
import { toCliError } from "../exit.ts"
import { readText } from "../files.ts"
import { data, json, talk, toJson } from "../output.ts"
import { reporting } from "../reporting.ts"
import { folderFlag } from "../studyFile.ts"
import { isTable, mappingFlags } from "../table.ts"
import { predictionsFor, targetFlags } from "../target.ts"
import { sourceArgument } from "./fit.ts"

/** A law that `fit --json` wrote, or undefined where the file is a study. */
const readLaw = Effect.fn("readLaw")(function* (file: string) {
  if (isTable(file) || !file.endsWith(".json")) return undefined
  const text = yield* readText(file)
  if (!/"powerLaws"\s*:/.test(text)) return undefined
  return yield* Effect.try({ try: () => parseLaw(text), catch: toCliError })
})

export const predict = Command.make(
  "predict",
  { source: sourceArgument, out: folderFlag, ...targetFlags, ...mappingFlags, ...fitFlags, json },
  Effect.fn("predict")(function* (flags) {
    const stored = yield* readLaw(flags.source)
    const fitted = Effect.gen(function* () {
      const source = yield* openSource(flags.source, flags.out, flags)
      for (const line of source.talk) yield* talk(line)
      return yield* lawOf(source, flags)
    })
    const law = stored ?? (yield* fitted)
    const predictions = yield* predictionsFor(law, flags)
    if (flags.json) return yield* data(toJson(predictions))
    const { predictionFindings } = yield* reporting
    for (const { text, notes } of predictionFindings(predictions)) yield* data([text, ...notes].join("\n  "))
  }),
).pipe(
  Command.withDescription("Learning rate and batch size for a longer run, with interval, regret and conditions"),
  Command.withExamples([
    { command: "time-transfer predict study.ts --for 2^22", description: "With the batch that the law recommends" },
    { command: "time-transfer predict law.json --for 1e12 --for-batch 4M", description: "At a given batch" },
  ]),
)
