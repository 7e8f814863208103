import { resolve } from "node:path"
import type { Law } from "@ts/fit"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { fitFlags, lawOf, openSource, type Source } from "../analysis.ts"
import { type Asked, ask, askFlags } from "../asking.ts"
import { writeText } from "../files.ts"
import { data, json, talk, toJson } from "../output.ts"
import { reporting } from "../reporting.ts"
import { folderFlag } from "../studyFile.ts"
import { mappingFlags } from "../table.ts"
import { sourceArgument } from "./fit.ts"

/** Writes the page; returns its path. */
export const writeReport = Effect.fn("writeReport")(function* (source: Source, law: Law, asked: Asked, file: string) {
  const { htmlReport, provenanceOf } = yield* reporting
  const page = htmlReport(law, source.rows, { title: source.title, ...asked, provenance: provenanceOf(source.rows) })
  yield* writeText(file, page)
  return file
})

export const report = Command.make(
  "report",
  {
    source: sourceArgument,
    out: folderFlag,
    file: Flag.String("file").pipe(
      Flag.withAlias("f"),
      Flag.withDescription("Where to write the page; report.html in the study's folder unless given"),
      Flag.optional,
    ),
    ...askFlags,
    ...mappingFlags,
    ...fitFlags,
    json,
  },
  Effect.fn("report")(function* (flags) {
    const source = yield* openSource(flags.source, flags.out, flags)
    for (const line of source.talk) yield* talk(line)
    const law = yield* lawOf(source, flags)
    const asked = yield* ask(law, flags)
    const target = Option.getOrElse(flags.file, () => resolve(source.folder, "report.html"))
    const file = yield* writeReport(source, law, asked, target)
    yield* data(flags.json ? toJson({ report: file, runs: source.runs }) : file)
  }),
).pipe(
  Command.withDescription("Write the figures and tables as one self-contained HTML file"),
  Command.withExamples([
    { command: "time-transfer report study.ts", description: "Into the study's folder" },
    {
      command: "time-transfer report study.ts --for 2^30 --for-width 1024",
      description: "With a prediction for that run and what published laws would say of it",
    },
    { command: "time-transfer report runs.parquet --file law.html", description: "Of somebody's table" },
  ]),
)
