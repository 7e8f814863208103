import { type Study, Sweep } from "@ts/sweep"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { questionText, spentText } from "../adaptiveText.ts"
import { backendFlags } from "../backends.ts"
import { data, json, talk, toJson } from "../output.ts"
import { planData, planLine, planTable } from "../planText.ts"
import { type PlanFlags, type Planned, planFlags, planned, withBudget } from "../spending.ts"
import { folderFlag, openStudy, planLayer, studyArgument } from "../studyFile.ts"

export const showPlan = Effect.fnUntraced(function* (found: Planned, asJson: boolean) {
  if (asJson) return yield* data(toJson(planData(found.plan)))
  for (const line of planTable(found.plan)) yield* data(line)
})

/** The next round of an adaptive study: what follows depends on what it will find. */
export const showNext = Effect.fnUntraced(function* (study: Study, flags: PlanFlags & { readonly json: boolean }) {
  const { next, study: round } = yield* Sweep.next(study)
  const { spent, cost, why, models } = next
  const found = round === undefined ? undefined : yield* planned(round, flags, true)
  if (flags.json) {
    const plan = found === undefined ? null : planData(found.plan)
    return yield* data(
      toJson({ study: study.name, adaptive: study.adaptive, spent, next: { why, cost }, models, plan }),
    )
  }
  yield* talk(`so far       ${spentText(spent)}`)
  if (found === undefined) return yield* talk(`ended        ${why}`)
  yield* talk(`next round   ${why}; further rounds depend on what it finds`)
  for (const line of planTable(found.plan)) yield* data(line)
  yield* data(planLine(found))
})

export const plan = Command.make(
  "plan",
  { study: studyArgument, ...backendFlags, out: folderFlag, ...planFlags, json },
  Effect.fn("plan")(function* (flags) {
    const on = yield* openStudy(flags.study, flags.out)
    const layer = yield* planLayer(on, flags)
    const study = withBudget(on.study, flags)
    if (study.adaptive !== undefined) {
      yield* talk(`adaptive     ${questionText(study.adaptive)}`)
      return yield* Effect.provide(showNext(study, flags), layer)
    }
    const found = yield* Effect.provide(planned(study, flags, true), layer)
    yield* showPlan(found, flags.json)
    if (flags.json) return
    yield* data(planLine(found))
    for (const note of found.plan.notes) yield* talk(`note: ${note}`)
  }),
).pipe(
  Command.withDescription("What a study would train, and what that costs; trains nothing that is kept"),
  Command.withExamples([
    { command: "time-transfer plan study.ts", description: "Runs left to train, tokens, FLOPs, time on this machine" },
    {
      command: "time-transfer plan study.ts --budget 2e9tokens",
      description: "What so many tokens buy, short horizons first",
    },
    { command: "time-transfer plan study.ts --backend surrogate --json", description: "The same as data" },
  ]),
)
