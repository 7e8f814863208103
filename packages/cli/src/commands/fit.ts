import { serializeLaw } from "@ts/fit"
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { fitFlags, lawOf, openSource } from "../analysis.ts"
import { answers, ask, askFlags } from "../asking.ts"
import { colour, data, json, talk } from "../output.ts"
import { reporting } from "../reporting.ts"
import { folderFlag } from "../studyFile.ts"
import { mappingFlags } from "../table.ts"

export const sourceArgument = Argument.String("source").pipe(
  Argument.withDescription("A study file, or runs as CSV, TSV, JSON, JSON lines, Parquet or an Optuna journal"),
)

export const fit = Command.make(
  "fit",
  { source: sourceArgument, out: folderFlag, ...mappingFlags, ...fitFlags, ...askFlags, json },
  Effect.fn("fit")(function* (flags) {
    const source = yield* openSource(flags.source, flags.out, flags)
    for (const line of source.talk) yield* talk(line)
    const law = yield* lawOf(source, flags)
    const asked = yield* ask(law, flags)
    if (flags.json) {
      const predictions = yield* answers(law, asked, flags)
      // Whoever reads the law passes over what is not part of it.
      return yield* data(serializeLaw(Object.assign({ ...law }, { runs: source.runs, predictions }), 2))
    }
    const { provenanceOf, textReport } = yield* reporting
    yield* data(
      textReport(law, {
        title: source.title,
        ...asked,
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
    {
      command: "time-transfer fit runs.csv --for 1e12 --for-batch 4M --for-size 7e9",
      description: "With a prediction for that run, what published laws would say of it, and which runs to train next",
    },
    {
      command: "time-transfer fit runs.csv --next exponent",
      description: "Which runs tell most of the growth of B_crit",
    },
    {
      command: "time-transfer fit runs.csv --known reference.weightDecay=0.1",
      description: "With what more published laws need",
    },
    { command: "time-transfer fit study.ts --json > law.json", description: "The law as data, for predict" },
  ]),
)
