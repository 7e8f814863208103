import { Backend } from "@ts/backend"
import { serializeLaw } from "@ts/fit"
import { type Summary, Sweep } from "@ts/sweep"
import { Effect, Option, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { fitFlags, lawOf, openSource } from "../analysis.ts"
import { answers, ask, askFlags } from "../asking.ts"
import { backendFlag, checkpointEveryFlag } from "../backends.ts"
import { CliError, exitCodes } from "../exit.ts"
import { colour, compact, data, duration, json, talk, toJson } from "../output.ts"
import { planData, planLine, planTable } from "../planText.ts"
import { progressPrinter } from "../progress.ts"
import { reporting } from "../reporting.ts"
import { folderFlag, openStudy, planLayer, type StudyOnDisk, studyArgument, sweepLayer } from "../studyFile.ts"
import { noMapping } from "../table.ts"
import { writeReport } from "./report.ts"

/** Plans, says what it will do, and does it; the summary is absent after a dry run. */
const sweep = Effect.fn("sweep")(function* (on: StudyOnDisk, dryRun: boolean, asJson: boolean) {
  const { capabilities } = yield* Backend
  const plan = yield* Sweep.plan(on.study)
  yield* talk(
    `${on.study.name.padEnd(12)} ${capabilities.backend}, ${capabilities.device} · ${capabilities.concurrency} at a time`,
  )
  yield* talk(`plan         ${planLine(plan)}`)
  for (const note of plan.notes) yield* talk(`note         ${note}`)
  if (dryRun) {
    if (asJson) yield* data(toJson(planData(plan)))
    else for (const line of planTable(plan)) yield* data(line)
    return undefined
  }
  const printer = progressPrinter()
  let summary: Summary | undefined
  yield* Sweep.run(plan).pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        if (event._tag === "Began" && event.cost.runs > 0) printer.wait("preparing    the tokens")
        if (event._tag === "Progress") printer.show(event)
        if (event._tag === "Summary") summary = event
      }),
    ),
    Effect.ensuring(Effect.sync(printer.close)),
  )
  return summary
})

const summaryLine = ({ finished, diverged, pruned, failed, tokens, seconds }: Summary): string =>
  `trained      ${finished} runs finished, ${diverged} diverged, ${pruned === 0 ? "" : `${pruned} pruned, `}${failed.length} failed · ${compact(tokens)} tokens in ${duration(seconds)}${tokens > 0 && seconds > 0 ? ` (${compact(tokens / seconds)} tok/s)` : ""}`

/** Runs that failed alike in one line: a full disk need not be told once a run. */
const failureLines = (failed: Summary["failed"]): ReadonlyArray<string> =>
  [...Map.groupBy(failed, ({ runId, message }) => message.replaceAll(runId, "…")).values()].map((alike) => {
    const [{ runId, message }] = alike as [Summary["failed"][number]]
    const others = alike.length === 1 ? "" : ` and ${alike.length - 1} more`
    return `failed       ${runId.slice(0, 8)}${others}: ${message}`
  })

const failureOf = (failed: Summary["failed"]): CliError | undefined =>
  failed.length === 0
    ? undefined
    : new CliError({
        message: `${failed.length} ${failed.length === 1 ? "run" : "runs"} failed; what is measured is kept, and the same command tries ${failed.length === 1 ? "it" : "them"} again`,
        code: exitCodes.failed,
      })

export const run = Command.make(
  "run",
  {
    study: studyArgument,
    backend: backendFlag,
    out: folderFlag,
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Print the plan and its cost, and train nothing"),
      Flag.withDefault(false),
    ),
    checkpointEvery: checkpointEveryFlag,
    ...askFlags,
    ...fitFlags,
    json,
  },
  Effect.fn("run")(function* (flags) {
    const on = yield* openStudy(flags.study, flags.out)
    const backendOptions = Option.match(flags.checkpointEvery, {
      onNone: () => ({}),
      onSome: (checkpointMillis) => ({ checkpointMillis }),
    })
    const layer = flags.dryRun ? planLayer(on, flags.backend) : sweepLayer(on, flags.backend, backendOptions)
    const summary = yield* sweep(on, flags.dryRun, flags.json).pipe(
      Effect.provide(layer),
      Effect.onInterrupt(() =>
        talk(`\nstopped: everything measured is kept in ${on.folder}; the same command goes on`),
      ),
    )
    if (flags.dryRun) return
    if (summary !== undefined && summary.tokens + summary.failed.length > 0) yield* talk(summaryLine(summary))
    for (const line of failureLines(summary?.failed ?? [])) yield* talk(line)
    if (summary !== undefined && summary.inconsistent > 0) {
      yield* talk(`warning      ${summary.inconsistent} readings contradict stored ones; the stored ones stay`)
    }

    const failure = failureOf(summary?.failed ?? [])
    const source = yield* openSource(flags.study, flags.out, noMapping)
    if (failure !== undefined && source.rows.length === 0) return yield* failure
    const law = yield* lawOf(source, flags)
    const asked = yield* ask(law, flags)
    const file = yield* writeReport(source, law, asked, on.report)
    if (flags.json) {
      const trained = summary && { ...summary, _tag: undefined }
      const predictions = yield* answers(law, asked, flags)
      yield* data(
        toJson({ study: source.title, trained, predictions, report: file, law: JSON.parse(serializeLaw(law)) }),
      )
    } else {
      const { provenanceOf, textReport } = yield* reporting
      const options = { title: source.title, ...asked, provenance: provenanceOf(source.rows) }
      yield* data(`\n${textReport(law, { ...options, color: colour(), width: process.stdout.columns ?? 100 })}`)
    }
    yield* talk(`report       ${file}`)
    if (failure !== undefined) return yield* failure
  }),
).pipe(
  Command.withDescription("Train what a study still lacks, then tell what it says and write the report"),
  Command.withExamples([
    { command: "time-transfer run study.ts", description: "Ctrl-C keeps everything; the same command goes on" },
    { command: "time-transfer run study.ts --dry-run", description: "Only the plan and its cost" },
    { command: "time-transfer run study.ts --backend surrogate --out trial", description: "A trial without training" },
  ]),
)
