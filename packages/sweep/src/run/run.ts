/** Executes a plan: workers take bundles until nothing is left, everything is journalled before it is told. */
import { Backend, type CheckpointStore } from "@ts/backend"
import { Clock, Effect, type Stream } from "effect"
import { type SweepError, studyError } from "../errors.ts"
import type { Plan } from "../plan/plan.ts"
import type { JournalEntry } from "../store/journal.ts"
import { type Session, Store } from "../store/Store.ts"
import { budgetProblems } from "./budget.ts"
import { makeCells, noCells } from "./cells.ts"
import { makeClearing } from "./clear.ts"
import type { BundleContext } from "./context.ts"
import { emitting } from "./emitting.ts"
import type { SweepEvent } from "./events.ts"
import { lanesOf } from "./lane.ts"
import { measured } from "./metrics.ts"
import type { RunOptions } from "./options.ts"
import { makeTally, summaryOf } from "./progress.ts"
import { work } from "./work.ts"

/**
 * Trains what the plan holds and tells what happens; ends with a `Summary`.
 *
 * Short horizons come first: a run stops at each horizon that takes some seconds to reach, until the others are there too. A run
 * that diverges is a result; one that fails is retried when that may help, then given up, and the rest goes on. Interrupted at any
 * instant (Ctrl-C, a kill), the next sweep goes on from the last reading in the store and the last checkpoint. Fails when the store
 * cannot be written or has another driver, and when the data cannot be prepared or are not those measured before.
 *
 * Spans: `Sweep.run`, in it `Sweep.bundle` for each bundle and `Sweep.attempt` for each attempt at it. Metrics: `sweep.runs` (by
 * outcome), `sweep.readings`, `sweep.tokens`, `sweep.retries`, `sweep.append`.
 */
export const run = (
  plan: Plan,
  options: RunOptions = {},
): Stream.Stream<SweepEvent, SweepError, Backend | Store | CheckpointStore> =>
  emitting((emit) => sweep(plan, options, emit))

const sweep = Effect.fn("Sweep.run")(function* (
  plan: Plan,
  options: RunOptions,
  emit: (event: SweepEvent) => Effect.Effect<void>,
) {
  const problems = budgetProblems(options.budget ?? {})
  if (problems.length > 0) return yield* studyError(problems)
  const backend = yield* Backend
  const store = yield* Store
  const { capabilities } = backend
  const { name } = plan.study
  yield* Effect.annotateCurrentSpan({
    "sweep.study": name,
    "sweep.backend": capabilities.backend,
    "sweep.runs": plan.runs.length,
  })
  const lanes = lanesOf(plan.runs, capabilities.checkpoints)
  const byId = new Map(lanes.map((lane) => [lane.run.runId, lane]))
  const tally = makeTally(lanes)
  let inconsistent = 0

  const { device, deterministic } = capabilities
  const driving = yield* store.drive({ study: name, backend: capabilities.backend, device, deterministic })
  // What can wait is journalled with whatever comes next.
  const waiting: Array<Parameters<Session["append"]>[0][number]> = []
  const session: Session = {
    ...driving,
    append: (events) => Effect.suspend(() => measured.append(driving.append([...waiting.splice(0), ...events]))),
  }
  yield* emit({ _tag: "Began", session: session.id, cost: plan.cost })
  if (lanes.length > 0) {
    const planned = yield* session.planned(plan.runs)
    yield* Effect.forEach(planned, (entry) => emit({ _tag: "Journalled", entry }), { discard: true })
    yield* session.prepared(yield* backend.prepare(plan.runs.map(({ work }) => work.assignment)))
  }

  // The wall clock may be set while a sweep runs.
  const began = yield* Clock.monotonicTimeNanos
  const elapsed = Effect.map(Clock.monotonicTimeNanos, (now) => Number(now - began) / 1e9)
  const cells = options.prune === undefined || lanes.length === 0 ? noCells : yield* makeCells(plan, options.prune)
  const context: BundleContext = {
    backend: capabilities.backend,
    session,
    options,
    tell: Effect.fnUntraced(function* (entries: ReadonlyArray<JournalEntry>) {
      for (const entry of entries) {
        const { event } = entry
        if (event._tag === "Inconsistent") inconsistent++
        const lane = "runId" in event ? byId.get(event.runId) : undefined
        if (lane !== undefined) tally.count(lane)
        yield* emit({ _tag: "Journalled", entry })
      }
      yield* emit(tally.progress(yield* elapsed))
    }),
    heard: (events) => {
      for (const event of events) cells.note(event)
    },
  }

  const clearing = yield* makeClearing(plan, byId, waiting, options.keepCheckpoints)
  const stopped = yield* work(lanes, cells, clearing, tally, context)
  yield* clearing.rest
  const summary = summaryOf(lanes, yield* elapsed, inconsistent, stopped)
  yield* session.append([{ event: { _tag: "SessionEnded", failed: summary.failed.length } }])
  yield* emit(summary)
}, Effect.scoped)
