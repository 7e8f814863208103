import { Backend } from "@ts/backend"
import { serializeLaw } from "@ts/fit"
import { type AdaptEvent, type Adapted, type Summary, Sweep } from "@ts/sweep"
import { Effect, Option, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { adaptedLines, questionText, roundLine } from "../adaptiveText.ts"
import { fitFlags, lawOf, openSource } from "../analysis.ts"
import { answers, ask, askFlags } from "../asking.ts"
import { backendFlags, checkpointEveryFlag } from "../backends.ts"
import { CliError, exitCodes, inputError } from "../exit.ts"
import { colour, compact, data, duration, json, talk, toJson } from "../output.ts"
import { planLine } from "../planText.ts"
import { progressPrinter } from "../progress.ts"
import { reporting } from "../reporting.ts"
import { type KeepFlags, keepFlags, type PlanFlags, planFlags, planned, runOptions, withBudget } from "../spending.ts"
import { folderFlag, openStudy, planLayer, type StudyOnDisk, studyArgument, sweepLayer } from "../studyFile.ts"
import { noMapping } from "../table.ts"
import { showNext, showPlan } from "./plan.ts"
import { writeReport } from "./report.ts"

interface Trained {
  readonly summary: Summary
  /** How an adaptive study ended. */
  readonly adapted?: Adapted
}

/** Shows a sweep while it runs; gives how it ended. */
const watch = Effect.fnUntraced(function* <E, R>(events: Stream.Stream<AdaptEvent, E, R>) {
  const printer = progressPrinter()
  let summary: Summary | undefined
  let adapted: Adapted | undefined
  yield* events.pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        switch (event._tag) {
          case "Began":
            if (event.cost.runs > 0) printer.wait("preparing    the tokens")
            break
          case "Progress":
            printer.show(event)
            break
          case "Round":
            printer.close()
            console.error(roundLine(event))
            break
          case "Adapted":
            adapted = event
            break
          case "Summary":
            summary = event
        }
      }),
    ),
    Effect.ensuring(Effect.sync(printer.close)),
  )
  return { summary: summary as Summary, ...(adapted === undefined ? {} : { adapted }) } satisfies Trained
})

type SweepFlags = PlanFlags & KeepFlags & { readonly dryRun: boolean; readonly json: boolean }

/** Plans, says what it will do, and does it; gives nothing after a dry run. */
const sweep = Effect.fn("sweep")(function* (on: StudyOnDisk, flags: SweepFlags) {
  const { capabilities } = yield* Backend
  yield* talk(
    `${on.study.name.padEnd(12)} ${capabilities.backend}, ${capabilities.device} · ${capabilities.concurrency} at a time`,
  )
  const study = withBudget(on.study, flags)
  const { adaptive } = study
  if (adaptive === undefined) {
    const found = yield* planned(study, flags, flags.dryRun)
    yield* talk(`plan         ${planLine(found)}`)
    for (const note of found.plan.notes) yield* talk(`note         ${note}`)
    return flags.dryRun
      ? yield* showPlan(found, flags.json)
      : yield* watch(Sweep.run(found.plan, runOptions(flags, flags)))
  }
  if (flags.prune) return yield* inputError("--prune: an adaptive study asks for no rates without hope; leave it out")
  yield* talk(`adaptive     ${questionText(adaptive)}`)
  return flags.dryRun ? yield* showNext(study, flags) : yield* watch(Sweep.adapt(study, runOptions(flags, flags)))
})

const summaryLine = ({ finished, diverged, pruned, failed, tokens, seconds }: Summary): string =>
  `trained      ${finished} runs finished, ${diverged} diverged, ${pruned === 0 ? "" : `${pruned} pruned, `}${failed.length} failed · ${compact(tokens)} tokens in ${duration(seconds)}${tokens > 0 && seconds > 0 ? ` (${compact(tokens / seconds)} tok/s)` : ""}`

const stoppedLine = ({ of, limit, runsLeft }: NonNullable<Summary["stopped"]>): string =>
  `stopped      the budget of ${of === "tokens" ? `${compact(limit)} tokens` : duration(limit)} is spent with ${runsLeft} runs left; the same command goes on`

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
    ...backendFlags,
    out: folderFlag,
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Print the plan and its cost, and train nothing"),
      Flag.withDefault(false),
    ),
    checkpointEvery: checkpointEveryFlag,
    ...planFlags,
    ...keepFlags,
    ...askFlags,
    ...fitFlags,
    json,
  },
  Effect.fn("run")(function* (flags) {
    const on = yield* openStudy(flags.study, flags.out)
    const layer = flags.dryRun
      ? yield* planLayer(on, flags)
      : yield* sweepLayer(on, flags, Option.getOrUndefined(flags.checkpointEvery))
    const trained = yield* sweep(on, flags).pipe(
      Effect.provide(layer),
      Effect.onInterrupt(() =>
        talk(
          flags.backend === "slurm"
            ? `\nstopped: jobs go on without this command; the same command collects what they measure, time-transfer cancel ends them`
            : `\nstopped: everything measured is kept in ${on.folder}; the same command goes on`,
        ),
      ),
    )
    if (trained === undefined) return
    const { summary, adapted } = trained
    if (summary.tokens + summary.failed.length > 0) yield* talk(summaryLine(summary))
    for (const line of adapted === undefined ? [] : adaptedLines(adapted)) yield* talk(line)
    if (summary.stopped !== undefined) yield* talk(stoppedLine(summary.stopped))
    for (const line of failureLines(summary.failed)) yield* talk(line)
    if (summary.inconsistent > 0) {
      yield* talk(`warning      ${summary.inconsistent} readings contradict stored ones; the stored ones stay`)
    }

    const failure = failureOf(summary.failed)
    const source = yield* openSource(flags.study, flags.out, noMapping)
    if (failure !== undefined && source.rows.length === 0) return yield* failure
    const law = yield* lawOf(source, flags)
    const asked = yield* ask(law, flags)
    const file = yield* writeReport(source, law, asked, on.report)
    if (flags.json) {
      const { _tag: _, ...trained } = summary
      const predictions = yield* answers(law, asked, flags)
      yield* data(
        toJson({
          study: source.title,
          trained,
          ...(adapted === undefined ? {} : { adapted }),
          predictions,
          report: file,
          law: JSON.parse(serializeLaw(law)),
        }),
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
    {
      command: "time-transfer run study.ts --budget 8h --prune",
      description: "What a night buys, short horizons first",
    },
    { command: "time-transfer run study.ts --backend surrogate --out trial", description: "A trial without training" },
  ]),
)
