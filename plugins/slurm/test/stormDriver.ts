/** A process that drives the study of a folder on a site: what a user starts, and storms kill. */
import { readFileSync, writeSync } from "node:fs"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { fileCheckpoints } from "@ts/backend"
import { DataSource } from "@ts/data"
import { Store, Study, Sweep } from "@ts/sweep"
import { Effect, Exit, Fiber, Layer, Logger, Schedule, Stream } from "effect"
import { SlurmBackend, type SlurmOptions } from "../src/index.ts"

export interface DriverTask {
  /** With `study.json`; `study.db` and `checkpoints` come into it. */
  readonly folder: string
  readonly options: SlurmOptions
}

const say = (line: string) => writeSync(1, `${line}\n`)

const main = async ({ folder, options }: DriverTask) => {
  const program = Effect.gen(function* () {
    const study = yield* Study.decode(JSON.parse(readFileSync(join(folder, "study.json"), "utf8")))
    // Jobs are lost many times in a storm.
    const retry = Schedule.spaced("300 millis").pipe(Schedule.upTo({ times: 100 }))
    yield* Stream.runForEach(Sweep.run(yield* Sweep.plan(study), { retry }), (event) =>
      Effect.sync(() => {
        if (event._tag === "Began") say("began")
        if (event._tag === "Journalled" && event.entry.event._tag === "Retrying")
          say(`retrying ${event.entry.event.message}`)
        if (event._tag === "Summary") say(`summary ${JSON.stringify(event.failed)}`)
      }),
    )
  })
  const fiber = Effect.runFork(
    program.pipe(
      Effect.provide(
        Layer.mergeAll(
          SlurmBackend.layerWith(options).pipe(Layer.provide(DataSource.layer())),
          Store.sqlite(join(folder, "study.db")),
          fileCheckpoints(join(folder, "checkpoints")).pipe(Layer.provide(NodeServices.layer)),
        ),
      ),
      Effect.provideService(Logger.LogToStderr, true),
    ),
  )
  process.once("SIGINT", () => Effect.runFork(Fiber.interrupt(fiber)))
  const exit = await Effect.runPromise(Fiber.await(fiber))
  if (exit._tag === "Failure" && Exit.hasInterrupts(exit)) say("interrupted")
  else if (exit._tag === "Failure") {
    say(`error ${exit.cause.toString()}`)
    process.exitCode = 3
  }
}

void main(JSON.parse(process.argv[2]!) as DriverTask)
