/** Trains one bundle to its end: journals what happens, tries again what may succeed, gives up the rest. */
import {
  type Assignment,
  Backend,
  BackendError,
  type CheckpointRef,
  CheckpointStore,
  RunEvent,
  type RunId,
} from "@ts/backend"
import { Duration, Effect, Schedule, Schema, Stream } from "effect"
import type { StoreError } from "../errors.ts"
import { boundaryOf } from "../plan/boundary.ts"
import { startOf } from "../plan/plan.ts"
import { keysAt, remainingWork } from "../plan/remaining.ts"
import type { JournalEntry, JournalEvent } from "../store/journal.ts"
import { type Session, Store } from "../store/Store.ts"
import { catchCrash, unlessSilent } from "./guard.ts"
import { isSettled, type Lane } from "./lane.ts"

export interface RunOptions {
  /** When to try again after a retryable error: by default 3 times, after 1, 2 and 4 s with jitter; anew whenever a run gets further. */
  readonly retry?: Schedule.Schedule<unknown, BackendError>
  /** A bundle silent for this long is interrupted and tried again; by default never. */
  readonly stallTimeout?: Duration.Input
}

export const defaultRetry = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("30 seconds")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 3 }),
)

export interface BundleContext {
  readonly session: Session
  readonly options: RunOptions
  /** Tells what was journalled; the lanes are up to date by then. */
  readonly tell: (entries: ReadonlyArray<JournalEntry>) => Effect.Effect<void>
}

const isRunEvent = Schema.is(RunEvent)

/** What one attempt asked of a lane. */
interface Asked {
  readonly lane: Lane
  readonly assignment: Assignment
  /** Something came of it after `Started`. */
  heard: boolean
  /** Its checkpoint turned out useless: start again at once from an earlier one. */
  rejected: boolean
  failure?: string
}

export const runBundle = Effect.fnUntraced(function* (lanes: ReadonlyArray<Lane>, context: BundleContext) {
  const backend = yield* Backend
  const store = yield* Store
  const { session, options, tell } = context
  const { backend: name, checkpoints } = backend.capabilities

  const fault = (message: string, retryable: boolean, runId?: RunId) =>
    new BackendError({
      backend: name,
      reason: "Device",
      message,
      retryable,
      ...(runId === undefined ? {} : { runId }),
    })

  const note = (lane: Lane, event: JournalEvent) =>
    Effect.flatMap(session.append([{ event, numericsId: lane.run.numericsId }]), tell)

  const giveUp = Effect.fnUntraced(function* (lane: Lane, message: string) {
    lane.status = "failed"
    lane.message = message
    yield* note(lane, { _tag: "GivenUp", runId: lane.run.runId, message })
  })

  const reject = Effect.fnUntraced(function* (asked: Asked, message: string) {
    const { hash } = asked.assignment.resume!
    asked.rejected = true
    asked.lane.rejected.add(hash)
    yield* note(asked.lane, { _tag: "CheckpointRejected", runId: asked.lane.run.runId, hash, message })
  })

  /** A checkpoint of its own that a run cannot start from is only in its way: a backend may look for the latest itself. */
  const discard = ({ assignment: { resume }, lane }: Asked) =>
    resume?.runId === lane.run.runId ? Effect.ignore(CheckpointStore.use((kept) => kept.remove(resume))) : Effect.void

  const assign = Effect.fnUntraced(function* (lane: Lane) {
    const { run, rejected } = lane
    const state = yield* store.run(run.runId, run.numericsId)
    const start = yield* startOf(run, run.numericsId, true)
    const sound = ({ hash }: CheckpointRef) => !rejected.has(hash)
    const usable = { own: start.own.filter(sound), parent: start.parent.filter(sound) }
    const work = remainingWork(run, state, usable, run.keep)
    if (work === undefined) {
      lane.status = state?.diverged === undefined ? "finished" : "diverged"
      return []
    }
    const { origin } = run.spec
    if (origin !== undefined && work.assignment.resume === undefined) {
      yield* giveUp(
        lane,
        `the checkpoint of its parent ${origin.parent} at ${origin.at} tokens cannot be used or lacks the averages this run reads`,
      )
      return []
    }
    const asked: Asked = { lane, assignment: work.assignment, heard: false, rejected: false }
    return [asked]
  })

  /** Readings the assignment asked for and the store has not got. */
  const unread = Effect.fnUntraced(function* ({ lane: { run }, assignment }: Asked) {
    const state = yield* store.run(run.runId, run.numericsId)
    return assignment.evaluateAt.flatMap((horizon) => keysAt(run, horizon)).filter((key) => !state?.readings.has(key))
  })

  const incomplete = Effect.fnUntraced(function* (asked: Asked, missing: ReadonlyArray<string>) {
    const { lane, assignment } = asked
    const { runId, spec } = lane.run
    const message = `run ${runId} finished without its readings (${missing.join(", ")})`
    // It may have started at the very boundary of its first reading, and read only what comes after.
    const { resume, evaluateAt } = assignment
    if (resume?.runId === runId && evaluateAt.some((horizon) => boundaryOf(spec, horizon) === resume.tokens)) {
      yield* reject(asked, "it lies at the boundary of a reading, which was not taken")
    } else yield* giveUp(lane, message)
  })

  const take = Effect.fnUntraced(function* (bundle: ReadonlyMap<string, Asked>, events: ReadonlyArray<RunEvent>) {
    for (const event of events) {
      if (!isRunEvent(event) || !bundle.has(event.runId)) {
        return yield* fault(`the backend sent what is no event of its runs: ${JSON.stringify(event)}`, false)
      }
    }
    const entries = yield* session.append(
      events.map((event) => ({
        event,
        numericsId: event._tag === "Started" ? event.numericsId : bundle.get(event.runId)!.lane.run.numericsId,
      })),
    )
    const afterwards: Array<Effect.Effect<void, BackendError | StoreError>> = []
    for (const event of events) {
      const asked = bundle.get(event.runId)!
      const { lane } = asked
      lane.tokens = Math.max(lane.tokens, event.tokens)
      switch (event._tag) {
        case "Started":
          if (event.numericsId !== lane.run.numericsId) {
            const message = `run ${event.runId} started under numerics ${event.numericsId}, not ${lane.run.numericsId} as announced`
            afterwards.push(fault(message, false, event.runId))
          }
          break
        case "Diverged":
          lane.status = "diverged"
          break
        case "Failed":
          if (event.retryable) asked.failure = event.message
          else {
            lane.status = "failed"
            lane.message = event.message
          }
          break
        case "Finished": {
          const missing = yield* unread(asked)
          if (missing.length === 0) lane.status = "finished"
          else afterwards.push(incomplete(asked, missing))
          break
        }
        default:
          asked.heard = true
      }
    }
    yield* tell(entries)
    yield* Effect.forEach(afterwards, (effect) => effect, { discard: true })
  })

  let attempts = 0
  let last: string | undefined
  const attempt: Effect.Effect<void, BackendError | StoreError, Backend | Store | CheckpointStore> = Effect.gen(
    function* () {
      const open = lanes.filter((lane) => !isSettled(lane))
      attempts++
      if (last !== undefined) {
        for (const lane of open) {
          yield* note(lane, { _tag: "Retrying", runId: lane.run.runId, attempt: attempts, message: last })
        }
        last = undefined
      }
      const asked = (yield* Effect.forEach(open, assign)).flat()
      const [first, ...more] = asked.map(({ assignment }) => assignment)
      if (first === undefined) return yield* tell([])
      const bundle = new Map(asked.map((one) => [one.lane.run.runId, one]))
      const { stallTimeout } = options
      const trained = catchCrash(
        () => backend.train([first, ...more]),
        (message) => fault(`the backend crashed: ${message}`, true),
      )
      const stream =
        stallTimeout === undefined
          ? trained
          : unlessSilent(trained, stallTimeout, () => {
              const silence = Duration.format(Duration.fromInputUnsafe(stallTimeout))
              return fault(`nothing was heard of the bundle for ${silence}`, true)
            })
      const ended = yield* Stream.runForEachArray(stream, (events) => take(bundle, events)).pipe(
        Effect.catchTag("BackendError", (error) => Effect.succeed(error)),
      )
      const left = asked.filter(({ lane }) => !isSettled(lane))
      if (left.length === 0) return
      if (ended instanceof BackendError) {
        const useless = left.filter(({ assignment, heard }) => assignment.resume !== undefined && !heard)
        const culprit = useless.find(({ lane }) => lane.run.runId === ended.runId) ?? useless[0]
        if (ended.reason === "Checkpoint" && !ended.retryable && checkpoints && left.length === 1 && culprit) {
          yield* reject(culprit, ended.message)
          yield* discard(culprit)
          return yield* attempt
        }
        return yield* ended
      }
      const failed = left.find(({ failure }) => failure !== undefined)
      if (failed !== undefined) return yield* fault(failed.failure!, true, failed.lane.run.runId)
      if (left.every(({ rejected }) => rejected)) return yield* attempt
      return yield* fault("the backend ended without saying how the run did", false, left[0].lane.run.runId)
    },
  ).pipe(
    Effect.tapError((error) =>
      Effect.sync(() => {
        last = error.message
      }),
    ),
  )

  const mayPass = (error: BackendError | StoreError) => error._tag === "BackendError" && error.retryable
  const progress = () => lanes.reduce((sum, lane) => sum + lane.tokens, 0)
  // A long run may fail any number of times, as long as it gets on between them.
  const persistently = (before: number): typeof attempt =>
    attempt.pipe(
      Effect.retry({
        schedule: (options.retry ?? defaultRetry) as Schedule.Schedule<unknown, BackendError | StoreError>,
        while: mayPass,
      }),
      Effect.catchIf(
        (error) => mayPass(error) && progress() > before,
        () => Effect.suspend(() => persistently(progress())),
      ),
    )

  yield* persistently(progress()).pipe(
    Effect.catchTag("BackendError", (error) =>
      Effect.gen(function* () {
        const open = lanes.filter((lane) => !isSettled(lane))
        // One bad run must not take the others with it.
        if (lanes.length > 1) {
          yield* Effect.forEach(open, (lane) => runBundle([lane], context), { discard: true })
        } else yield* Effect.forEach(open, (lane) => giveUp(lane, error.message), { discard: true })
      }),
    ),
  )
}) as (
  lanes: ReadonlyArray<Lane>,
  context: BundleContext,
) => Effect.Effect<void, StoreError, Backend | Store | CheckpointStore>
