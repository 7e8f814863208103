import { Sweep } from "@ts/sweep"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { backendFlag } from "../backends.ts"
import { data, json, talk, toJson } from "../output.ts"
import { planData, planLine, planTable } from "../planText.ts"
import { folderFlag, openStudy, planLayer, studyArgument } from "../studyFile.ts"

export const plan = Command.make(
  "plan",
  { study: studyArgument, backend: backendFlag, out: folderFlag, json },
  Effect.fn("plan")(function* (flags) {
    const on = yield* openStudy(flags.study, flags.out)
    const made = yield* Sweep.plan(on.study).pipe(Effect.provide(planLayer(on, flags.backend)))
    if (flags.json) return yield* data(toJson(planData(made)))
    for (const line of planTable(made)) yield* data(line)
    yield* data(planLine(made))
    for (const note of made.notes) yield* talk(`note: ${note}`)
  }),
).pipe(
  Command.withDescription("What a study would train, and what that costs; trains nothing"),
  Command.withExamples([
    { command: "time-transfer plan study.ts", description: "Runs left to train, tokens, FLOPs, time on this machine" },
    { command: "time-transfer plan study.ts --backend surrogate --json", description: "The same as data" },
  ]),
)
