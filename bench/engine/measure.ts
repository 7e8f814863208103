/**
 * One measurement in a process of its own, as a line of JSON. `sweep N`: N runs on a backend that answers at once, into a file with
 * `synchronous=FULL`. `look N`: the plan of N runs, and their standing once all are read.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Layer, Stream } from "effect"
import type { Backend, CheckpointStore } from "../../packages/backend/src/index.ts"
import { Store, type StoreError, Study, Sweep } from "../../packages/sweep/src/index.ts"
import { eventsOf, NUMERICS, nullBackend } from "./nullBackend.ts"
import { studyOf } from "./study.ts"

/** Runs journalled in one go where what is measured is not the journal. */
const CHUNK = 2000
const ROUNDS = 3

/** Bytes alive. */
const heap = (): number => {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const [start, cpu] = [performance.now(), process.cpuUsage()]
    return Effect.map(effect, (result) => {
      const { user, system } = process.cpuUsage(cpu)
      return { result, seconds: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 }
    })
  })

/** The best of some rounds: the machine is shared. */
const best = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const rounds = []
  for (let i = 0; i < ROUNDS; i++) rounds.push(yield* timed(effect))
  return rounds.sort((a, b) => a.cpu - b.cpu)[0]!
})

const sweep = Effect.fnUntraced(function* (runs: number) {
  const study = studyOf(runs)
  const before = heap()
  const plan = yield* Sweep.plan(study)
  const planned = heap()
  let [events, most] = [0, 0]
  const { seconds, cpu } = yield* timed(
    Stream.runForEach(Sweep.run(plan), (event) =>
      Effect.sync(() => {
        events++
        if (event._tag === "Progress" && event.runsDone % 500 === 0) most = Math.max(most, process.memoryUsage().rss)
        if (event._tag === "Summary" && event.finished !== runs)
          throw new Error(`${event.finished} of ${runs} finished`)
      }),
    ),
  )
  const after = heap()
  return { runs: plan.runs.length, events, seconds, cpu, plan: planned - before, kept: after - planned, rss: most }
})

/** As if all runs had been trained. */
const fill = Effect.fnUntraced(function* (study: Study) {
  const { runs } = yield* Study.expand(study)
  const store = yield* Store
  const session = yield* store.drive({ study: study.name, backend: "null", device: "none", deterministic: true })
  for (let i = 0; i < runs.length; i += CHUNK) {
    const events = runs
      .slice(i, i + CHUNK)
      .flatMap(({ spec, horizons }) =>
        eventsOf({ spec, evaluateAt: horizons, until: Math.max(...horizons), checkpointAt: [], averages: [] }),
      )
    yield* session.append(events.map((event) => ({ event, numericsId: NUMERICS })))
  }
}, Effect.scoped)

const look = Effect.fnUntraced(function* (runs: number) {
  const study = studyOf(runs)
  // From the study as it is written: its runs are written out anew each time.
  const plan = yield* best(Effect.suspend(() => Sweep.plan(studyOf(runs))))
  yield* fill(study)
  const status = yield* best(Sweep.status(study))
  const again = yield* best(Sweep.plan(study))
  if (plan.result.runs.length !== runs || status.result.counts.complete !== runs || again.result.runs.length !== 0) {
    throw new Error("the plan or the status is wrong")
  }
  const figures = ({ seconds, cpu }: { seconds: number; cpu: number }) => ({ seconds, cpu })
  return { runs, plan: figures(plan), status: figures(status), again: figures(again) }
})

const [, , what, count] = process.argv
const folder = mkdtempSync(join(tmpdir(), "engine-"))
try {
  const layer = Layer.merge(Store.sqlite(join(folder, "study.db")), nullBackend)
  const program: Effect.Effect<unknown, unknown, Store | Backend | CheckpointStore> =
    what === "sweep" ? sweep(Number(count)) : look(Number(count))
  console.log(
    JSON.stringify(
      await Effect.runPromise(
        Effect.provide(program, layer as Layer.Layer<Store | Backend | CheckpointStore, StoreError>),
      ),
    ),
  )
} finally {
  rmSync(folder, { recursive: true })
}
