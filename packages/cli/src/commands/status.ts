import { type RunJob, SlurmBackend } from "@ts/backend-slurm"
import { Sweep } from "@ts/sweep"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { backendFlags } from "../backends.ts"
import { compact, data, json, toJson } from "../output.ts"
import { siteOptions } from "../site.ts"
import { folderFlag, openStudy, planLayer, studyArgument } from "../studyFile.ts"

/** Runs by where their jobs stand. */
const jobsText = (jobs: ReadonlyArray<RunJob>): string =>
  jobs.length === 0
    ? "no runs are queued or training"
    : [...Map.groupBy(jobs, ({ state, reason }) => (reason === "" ? state : `${state}: ${reason}`))]
        .map(
          ([state, alike]) =>
            `${alike.length} ${state === "ENDED" ? "ended, to be collected by the next run" : state.toLowerCase()}`,
        )
        .join(" · ")

export const status = Command.make(
  "status",
  { study: studyArgument, ...backendFlags, out: folderFlag, json },
  Effect.fn("status")(function* (flags) {
    const on = yield* openStudy(flags.study, flags.out)
    const { counts, runs, driver } = yield* Sweep.status(on.study).pipe(Effect.provide(yield* planLayer(on, flags)))
    const jobs =
      flags.backend === "slurm"
        ? yield* SlurmBackend.jobs(yield* siteOptions(flags, { name: on.study.name, folder: on.folder }))
        : undefined
    if (flags.json) {
      const list = runs.map(({ run, ...rest }) => ({
        runId: run.runId,
        eta: run.spec.eta,
        batch: run.spec.batch,
        ...rest,
      }))
      return yield* data(
        toJson({
          study: on.study.name,
          folder: on.folder,
          counts,
          driver: driver ?? null,
          runs: list,
          ...(jobs === undefined ? {} : { jobs }),
        }),
      )
    }
    yield* data(
      `${on.study.name}: ${Object.entries(counts)
        .filter(([, count]) => count > 0)
        .map(([standing, count]) => `${count} ${standing}`)
        .join(", ")} of ${runs.length} runs, in ${on.folder}`,
    )
    if (driver !== undefined) yield* data("a driver is running it now")
    if (jobs !== undefined) yield* data(`on the cluster: ${jobsText(jobs)}`)
    for (const { run, standing, tokens, readings, asked, reason } of runs) {
      if (standing === "complete") continue
      const { spec } = run
      const batch = spec.batch.kind === "constant" ? spec.batch.tokens : spec.batch.kind
      yield* data(
        `  ${run.runId.slice(0, 8)}  width ${spec.model.d_model}, batch ${batch}, eta 2^${Math.log2(spec.eta).toFixed(2)}: ${standing}, ${readings}/${asked} readings, at ${compact(tokens)} tokens${reason === undefined ? "" : ` (${reason})`}`,
      )
    }
  }),
).pipe(
  Command.withDescription("How a study stands: what is measured, what is left, what failed and why"),
  Command.withExamples([{ command: "time-transfer status study.ts", description: "Trains nothing, changes nothing" }]),
)
