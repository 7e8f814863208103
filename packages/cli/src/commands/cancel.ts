import { SlurmBackend } from "@ts/backend-slurm"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { data, json, toJson } from "../output.ts"
import { siteFlags, siteOptions } from "../site.ts"
import { folderFlag, openStudy, studyArgument } from "../studyFile.ts"

export const cancel = Command.make(
  "cancel",
  { study: studyArgument, out: folderFlag, ...siteFlags, json },
  Effect.fn("cancel")(function* (flags) {
    const on = yield* openStudy(flags.study, flags.out)
    const site = yield* siteOptions(flags, { name: on.study.name, folder: on.folder })
    const cancelled = yield* SlurmBackend.cancel(site)
    if (flags.json) return yield* data(toJson({ study: on.study.name, cancelled }))
    yield* data(
      cancelled === 0
        ? `${on.study.name}: no jobs of this study wait or run`
        : `${on.study.name}: ${cancelled} jobs cancelled; what they measured is collected by the next run, which goes on from their checkpoints`,
    )
  }),
).pipe(
  Command.withDescription("End the jobs of a study on a cluster; nothing measured is lost"),
  Command.withExamples([
    { command: "time-transfer cancel study.ts --shared /scratch/me/tt", description: "On the login node" },
    { command: "time-transfer cancel study.ts --site site.json --host me@login", description: "From elsewhere" },
  ]),
)
