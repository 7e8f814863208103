import { serializeLaw } from "@ts/fit"
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { fitFlags, lawOf, openSource } from "../analysis.ts"
import { colour, data, json, talk } from "../output.ts"
import { reporting } from "../reporting.ts"
import { folderFlag } from "../studyFile.ts"
import { mappingFlags } from "../table.ts"
import { predictionsFor, targetFlags } from "../target.ts"

export const sourceArgument = Argument.String("source").pipe(
  Argument.withDescription("A study file, or runs as CSV, TSV, JSON, JSON lines, Parquet or an Optuna journal"),
)

export const fit = Command.make(
  "fit",
  { source: sourceArgument, out: folderFlag, ...mappingFlags, ...fitFlags, ...targetFlags, json },
  Effect.fn("fit")(function* (flags) {
    const source = yield* openSource(flags.source, flags.out, flags)
    for (const line of source.talk) yield* talk(line)
    const law = yield* lawOf(source, flags)
    // Whoever reads the law passes over what is not part of it.
    if (flags.json) return yield* data(serializeLaw(Object.assign({ ...law }, { runs: source.runs }), 2))
    const { provenanceOf, textReport } = yield* reporting
    const predictions = yield* predictionsFor(law, flags)
    yield* data(
      textReport(law, {
        title: source.title,
        predictions,
        provenance: provenanceOf(source.rows),
        color: colour(),
        width: process.stdout.columns ?? 100,
      }),
    )
  }),
).pipe(
  Command.withDescription("Fit the laws of the learning rate and the critical batch to a study or to anyone's runs"),
  Command.withExamples([
    { command: "time-transfer fit study.ts", description: "What the study says so far" },
    {
      command: 'time-transfer fit runs.parquet --batch "bs * 2048" --loss "smooth loss"',
      description: "Runs that somebody else trained",
    },
    { command: "time-transfer fit study.ts --json > law.json", description: "The law as data, for predict" },
  ]),
)
