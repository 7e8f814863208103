import { existsSync } from "node:fs"
import { parseDuration } from "@ts/schedule"
import { Store } from "@ts/sweep"
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { inputError } from "../exit.ts"
import { compact, data, json, toJson } from "../output.ts"
import { folderFlag, openStudy, storeLayer, studyArgument } from "../studyFile.ts"

const horizonOf = (text: string) =>
  Effect.try({
    try: () => parseDuration(text),
    catch: () => inputError(`--at: ${JSON.stringify(text)} is no number of tokens; write it as 2^18, 1e6 or 500M`),
  })

export const remove = Command.make(
  "remove",
  {
    study: studyArgument,
    run: Argument.String("run").pipe(
      Argument.withDescription("The run's id, or its first digits as `status` and `plan` print them"),
    ),
    at: Flag.String("at").pipe(
      Flag.withDescription("Only its readings at this horizon, as 2^18 or 500M; all of the run unless given"),
      Flag.optional,
    ),
    out: folderFlag,
    json,
  },
  Effect.fn("remove")(function* (flags) {
    const on = yield* openStudy(flags.study, flags.out)
    if (!existsSync(on.database)) return yield* inputError(`nothing is measured yet in ${on.folder}; give --out`)
    const requested = Option.isNone(flags.at) ? undefined : yield* horizonOf(flags.at.value)
    yield* Effect.gen(function* () {
      const store = yield* Store
      const runs = (yield* store.asked).filter(({ runId }) => runId.startsWith(flags.run))
      const [found, other] = runs
      if (found === undefined)
        return yield* inputError(`no run of ${on.study.name} begins with ${flags.run}; see time-transfer status`)
      if (other !== undefined)
        return yield* inputError(`${runs.length} runs begin with ${flags.run}; give more digits of ${found.runId}`)
      if (requested !== undefined && !found.horizons.includes(requested))
        return yield* inputError(
          `--at: ${found.runId} is not read at ${requested} tokens, but at ${found.horizons.join(", ")}`,
        )
      yield* Store.remove({ runId: found.runId, ...(requested === undefined ? {} : { requested }) })
      const what = requested === undefined ? "all readings" : `the readings at ${compact(requested)} tokens`
      yield* data(
        flags.json
          ? toJson({ study: on.study.name, runId: found.runId, requested: requested ?? null })
          : `took back ${what} of ${found.runId}; the next run trains exactly those`,
      )
    }).pipe(Effect.provide(storeLayer(on)))
  }),
).pipe(
  Command.withDescription(
    "Take results of a run back, so that they are trained again; the journal keeps what was there",
  ),
  Command.withExamples([
    { command: "time-transfer remove study.ts 8d800cdf", description: "All of one run" },
    { command: "time-transfer remove study.ts 8d800cdf --at 2^18", description: "Its readings at one horizon" },
  ]),
)
