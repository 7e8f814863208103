/** A process that sweeps the study of a folder, and is killed at the moment its argument names. */
import { appendFileSync, existsSync, readFileSync, writeSync } from "node:fs"
import { join } from "node:path"
import { Study, Sweep } from "@ts/sweep"
import { Clock, Effect, Layer, Schedule, Stream } from "effect"
import { acknowledging, writeAcknowledgements } from "./acknowledge.ts"
import type { DriverTask } from "./driverTask.ts"
import { eventKey, journalMoments, type Moment } from "./journalMoments.ts"
import { jumpingClock, realClock } from "./jumpingClock.ts"
import { loadBackend } from "./loadBackend.ts"
import { acknowledgementsOf, storeIn } from "./studyFolder.ts"
import { watchedFiles } from "./watchFiles.ts"
import { slowCommits, watchSql } from "./watchSql.ts"

const task = JSON.parse(process.argv[2] ?? "null") as DriverTask
const { folder, freeze = false, slow = 0, ahead = 0 } = task
let { kill } = task

const say = (line: string) => writeSync(1, `${line}\n`)

const die = () => {
  kill = undefined
  if (freeze) {
    say("stopped")
    process.kill(process.pid, "SIGSTOP")
  } else for (;;) process.kill(process.pid, "SIGKILL")
}

const hitsFile = join(folder, "hits.log")
const hits = new Set(existsSync(hitsFile) ? readFileSync(hitsFile, "utf8").split("\n") : [])
let counted = 0

/** Dies if this is the moment. */
const reached = (moment: Moment, events: ReadonlyArray<Parameters<typeof eventKey>[0]>) => {
  if (kill?.at === "event" && kill.moment === moment) {
    const { tag, nth } = kill
    counted += events.filter((event) => tag === undefined || event._tag === tag).length
    if (counted >= nth) die()
  }
  if (kill?.at === "new event" && kill.moments.includes(moment)) {
    const fresh = events.map((event) => `${moment}: ${eventKey(event)}`).filter((key) => !hits.has(key))
    if (fresh.length === 0) return
    appendFileSync(hitsFile, fresh.map((key) => `${key}\n`).join(""))
    die()
  }
}
if (slow > 0) watchSql(slowCommits(slow))
watchSql(journalMoments(reached))

let changes = 0
const files = watchedFiles(() =>
  Effect.sync(() => {
    if (kill?.at === "file change" && ++changes === kill.nth) die()
  }),
)

const write = writeAcknowledgements(task.acknowledgements ?? acknowledgementsOf(folder))
const store = acknowledging((entries) => {
  write(entries)
  reached(
    "acknowledged",
    entries.map(({ event }) => event),
  )
})(storeIn(folder, files))

const program = Effect.gen(function* () {
  const study = yield* Study.decode(JSON.parse(readFileSync(join(folder, "study.json"), "utf8")))
  const plan = yield* Sweep.plan(study)
  say(`planned ${plan.cost.tokens}`)
  // Every horizon is a stage: runs stop and go on as often as they can.
  const retry = Schedule.spaced("10 millis").pipe(Schedule.upTo({ times: 50 }))
  yield* Stream.runForEach(Sweep.run(plan, { retry, stageSeconds: 0 }), (event) =>
    Effect.sync(() => {
      if (event._tag === "Began") say("began")
      if (event._tag === "Summary") say(`summary ${JSON.stringify(event)}`)
    }),
  )
})

const { clock, jump } = jumpingClock(realClock)
jump(ahead)

const main = async (): Promise<void> => {
  const backend = await loadBackend(task.backend)
  await Effect.runPromise(
    program.pipe(
      Effect.provide(Layer.provideMerge(backend, store)),
      Effect.provideService(Clock.Clock, clock),
      Effect.catch((error) =>
        Effect.sync(() => {
          const { _tag, reason, message } = error as { _tag?: string; reason?: string; message?: string }
          say(`error ${JSON.stringify({ _tag, reason, message })}`)
          process.exitCode = 3
        }),
      ),
    ),
  )
}

void main()
