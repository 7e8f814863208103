/** Shortcuts for tests of whole sweeps. */
import { type Backend, type CheckpointStore, memoryCheckpoints } from "@ts/backend"
import { type RunOptions, Store, type Study, type Summary, Sweep, type SweepEvent } from "@ts/sweep"
import { Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { newSeen, type TestBackendOptions, testBackend } from "./testBackend.ts"

/** A store and checkpoints that outlive the backends of one test. */
export const kept = Layer.mergeAll(Store.memory, memoryCheckpoints)

export const sweep = (study: Study, options?: RunOptions) =>
  Effect.gen(function* () {
    const plan = yield* Sweep.plan(study)
    const events = yield* Stream.runCollect(Sweep.run(plan, options))
    return { plan, events, summary: summaryOf(events) }
  })

export const summaryOf = (events: ReadonlyArray<SweepEvent>): Summary => {
  const last = events.at(-1)
  if (last?._tag !== "Summary") throw new Error(`the sweep ended with ${JSON.stringify(last)}`)
  return last
}

/** Plans and runs on a fresh backend; tells what that backend did. */
export const sweepOn = (options: TestBackendOptions, study: Study, runOptions?: RunOptions) => {
  const seen = newSeen()
  return sweep(study, runOptions).pipe(
    Effect.map((result) => ({ ...result, seen })),
    Effect.provide(testBackend(options, seen)),
  )
}

export const on = <A, E>(
  options: TestBackendOptions,
  effect: Effect.Effect<A, E, Backend | Store | CheckpointStore>,
): Effect.Effect<A, E, Store | CheckpointStore> => Effect.provide(effect, testBackend(options))

/** Readings as comparable text, sorted: run, tokens, average, loss to the last bit. */
export const series = Effect.fnUntraced(function* (study?: Study) {
  const rows = yield* Store.rows(study)
  return rows.map((row) => `${row.runId} ${row.tokens} ${row.average} ${row.status} ${row.loss} ${row.steps}`).sort()
})

/** The whole journal. */
export const journal = Store.use((store) => Stream.runCollect(store.journal()))

/** Lets seconds pass on the test clock one by one, with time in between for what is no timer. */
export const pass = Effect.fnUntraced(function* (seconds: number, fiber?: Fiber.Fiber<unknown, unknown>) {
  for (let second = 0; second < seconds && fiber?.pollUnsafe() === undefined; second++) {
    for (let turn = 0; turn < 3; turn++) yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
    yield* TestClock.adjust("1 second")
  }
})

/** Joins a fiber that waits on the test clock. */
export const finish = <A, E>(fiber: Fiber.Fiber<A, E>) => Effect.andThen(pass(20_000, fiber), Fiber.join(fiber))
