/** One attempt at a bundle: whatever is left of it after that fails the attempt. */
import { Backend, BackendError, CheckpointStore } from "@ts/backend"
import { Duration, Effect, Stream } from "effect"
import type { StoreError } from "../errors.ts"
import type { Store } from "../store/Store.ts"
import { type Asked, assign } from "./assign.ts"
import { type BundleContext, fault, note } from "./context.ts"
import { catchCrash, unlessSilent } from "./guard.ts"
import type { Lane } from "./lane.ts"
import { measured } from "./metrics.ts"
import { reject, take } from "./take.ts"

/** What is remembered of a bundle from one attempt to the next. */
export interface Course {
  attempts: number
  /** Why the last attempt failed. */
  failure?: string
  /** Trained in all attempts, tokens. */
  trained: number
}

/** A checkpoint of its own that a run cannot start from is only in its way: a backend may look for the latest itself. */
const discard = ({ assignment: { resume }, lane }: Asked) =>
  resume?.runId === lane.run.runId ? Effect.ignore(CheckpointStore.use((kept) => kept.remove(resume))) : Effect.void

const isOpen = (lane: Lane): boolean => lane.status === "running"

/** What the backend tells of its bundle. */
const listen = Effect.fnUntraced(function* (
  context: BundleContext,
  [first, ...more]: readonly [Asked, ...Array<Asked>],
) {
  const backend = yield* Backend
  const { stallTimeout } = context.options
  const trained = catchCrash(
    () => backend.train([first.assignment, ...more.map(({ assignment }) => assignment)]),
    (message) => fault(context, `the backend crashed: ${message}`, true),
  )
  if (stallTimeout === undefined) return trained
  const silence = Duration.format(Duration.fromInputUnsafe(stallTimeout))
  return unlessSilent(
    trained,
    stallTimeout,
    () => fault(context, `nothing was heard of the bundle for ${silence}`, true),
    ({ _tag }) => _tag === "Queued",
  )
})

/** Fails with what ended it before every lane was where it should be. Tells of the last failure first. */
export const attempt = (
  lanes: ReadonlyArray<Lane>,
  course: Course,
  context: BundleContext,
): Effect.Effect<void, BackendError | StoreError, Backend | Store | CheckpointStore> =>
  Effect.gen(function* () {
    const { checkpoints } = (yield* Backend).capabilities
    const open = lanes.filter(isOpen)
    course.attempts++
    if (course.failure !== undefined) {
      for (const lane of open) {
        yield* measured.retried
        const { attempts, failure: message } = course
        yield* note(context, lane, { _tag: "Retrying", runId: lane.run.runId, attempt: attempts, message })
      }
      delete course.failure
    }
    const asked = (yield* Effect.forEach(open, (lane) => assign(lane, context))).flat()
    const [first, ...more] = asked
    if (first === undefined) return yield* context.tell([])
    const bundle = new Map(asked.map((one) => [one.lane.run.runId, one]))
    const ended = yield* Stream.runForEachArray(yield* listen(context, [first, ...more]), (events) =>
      Effect.map(take(context, bundle, events), (trained) => {
        course.trained += trained
      }),
    ).pipe(Effect.catchTag("BackendError", (error) => Effect.succeed(error)))

    const left = asked.filter(({ lane }) => isOpen(lane))
    if (left.length === 0) return
    if (ended instanceof BackendError) {
      const useless = left.filter(({ assignment, heard }) => assignment.resume !== undefined && !heard)
      const culprit = useless.find(({ lane }) => lane.run.runId === ended.runId) ?? useless[0]
      if (ended.reason === "Checkpoint" && !ended.retryable && checkpoints && left.length === 1 && culprit) {
        yield* reject(context, culprit, ended.message)
        yield* discard(culprit)
        return yield* attempt(lanes, course, context)
      }
      return yield* ended
    }
    const failed = left.find(({ failure }) => failure !== undefined)
    if (failed !== undefined) return yield* fault(context, failed.failure!, true, failed.lane.run.runId)
    if (left.every(({ rejected }) => rejected)) return yield* attempt(lanes, course, context)
    return yield* fault(context, "the backend ended without saying how the run did", false, left[0].lane.run.runId)
  }).pipe(
    Effect.withSpan("Sweep.attempt", () => ({ attributes: { attempt: course.attempts + 1 } })),
    Effect.tapError((error) =>
      Effect.sync(() => {
        course.failure = error.message
      }),
    ),
  )
