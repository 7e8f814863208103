/** Executes a plan: workers take bundles until nothing is left, everything is journalled before it is told. */
import { Backend, type CheckpointStore } from "@ts/backend"
import { Clock, Effect, type Exit, Queue, Stream } from "effect"
import type { StoreError, SweepError } from "../errors.ts"
import type { Plan } from "../plan/plan.ts"
import type { JournalEntry } from "../store/journal.ts"
import { Store } from "../store/Store.ts"
import { type RunOptions, runBundle } from "./bundle.ts"
import type { SweepEvent } from "./events.ts"
import { type Lane, laneOf } from "./lane.ts"
import { progressOf, summaryOf } from "./progress.ts"
import { nextBundle, orphans } from "./queue.ts"

const BUFFERED_EVENTS = 64

/**
 * Trains what the plan holds and tells what happens; ends with a `Summary`.
 *
 * A run that diverges is a result; one that fails is retried when that may help, then given up, and the rest goes on.
 * Interrupted at any instant (Ctrl-C, a kill), the next sweep goes on from the last reading in the store and the last
 * checkpoint. Fails when the store cannot be written or has another driver, and when the data cannot be prepared or
 * are not those measured before.
 */
export const run = (
  plan: Plan,
  options: RunOptions = {},
): Stream.Stream<SweepEvent, SweepError, Backend | Store | CheckpointStore> =>
  Stream.callback<SweepEvent, SweepError, Backend | Store | CheckpointStore>(
    (queue) =>
      sweep(plan, options, (event) => Effect.asVoid(Queue.offer(queue, event))).pipe(
        Effect.matchCauseEffect({
          onFailure: (cause) => Queue.failCause(queue, cause),
          onSuccess: () => Queue.end(queue),
        }),
      ),
    { bufferSize: BUFFERED_EVENTS },
  )

const sweep = Effect.fn("Sweep.run")(function* (
  plan: Plan,
  options: RunOptions,
  emit: (event: SweepEvent) => Effect.Effect<void>,
) {
  const backend = yield* Backend
  const store = yield* Store
  const { capabilities } = backend
  const lanes = plan.runs.map(laneOf)
  let inconsistent = 0

  const session = yield* store.drive({
    study: plan.study.name,
    backend: capabilities.backend,
    device: capabilities.device,
    deterministic: capabilities.deterministic,
  })
  yield* emit({ _tag: "Began", session: session.id, cost: plan.cost })
  const [first] = lanes
  if (first !== undefined) {
    const planned = yield* session.append(
      plan.runs.map(({ runId, spec, horizons, averages }) => ({
        event: { _tag: "RunPlanned" as const, runId, spec, horizons, averages },
      })),
    )
    yield* Effect.forEach(planned, (entry) => emit({ _tag: "Journalled", entry }), { discard: true })
    yield* session.prepared(yield* backend.prepare(plan.runs.map(({ work }) => work.assignment)))
  }

  const began = yield* Clock.currentTimeMillis
  const elapsed = Effect.map(Clock.currentTimeMillis, (now) => (now - began) / 1000)
  const tell = Effect.fnUntraced(function* (entries: ReadonlyArray<JournalEntry>) {
    for (const entry of entries) {
      if (entry.event._tag === "Inconsistent") inconsistent++
      yield* emit({ _tag: "Journalled", entry })
    }
    yield* emit(progressOf(lanes, yield* elapsed))
  })

  const abandon = Effect.fnUntraced(function* (lane: Lane, message: string) {
    lane.status = "failed"
    lane.message = message
    const event = { _tag: "GivenUp" as const, runId: lane.run.runId, message }
    yield* tell(yield* session.append([{ event, numericsId: lane.run.numericsId }]))
  })

  // Workers end before the session is given back.
  yield* Effect.scoped(
    Effect.gen(function* () {
      const ended = yield* Queue.unbounded<Exit.Exit<void, StoreError>>()
      let busy = 0
      for (;;) {
        for (;;) {
          const left = orphans(lanes)
          if (left.length === 0) break
          yield* Effect.forEach(left, ([lane, message]) => abandon(lane, message), { discard: true })
        }
        while (busy < Math.max(1, capabilities.concurrency)) {
          const bundle = nextBundle(lanes, capabilities.concurrency, capabilities.maxLanes)
          if (bundle.length === 0) break
          for (const lane of bundle) lane.status = "running"
          busy++
          yield* runBundle(bundle, { session, options, tell }).pipe(
            Effect.exit,
            Effect.flatMap((exit) => Queue.offer(ended, exit)),
            Effect.forkScoped,
          )
        }
        if (busy === 0) return
        yield* yield* Queue.take(ended)
        busy--
      }
    }),
  )

  const summary = summaryOf(lanes, yield* elapsed, inconsistent)
  yield* session.append([{ event: { _tag: "SessionEnded", failed: summary.failed.length } }])
  yield* emit(summary)
}, Effect.scoped)
