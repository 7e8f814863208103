/** Brings the lanes of one bundle to their goal: tries again what may succeed, gives up the rest. */
import type { Backend, BackendError, BackendErrorReason, CheckpointStore } from "@ts/backend"
import { Effect, type Schedule } from "effect"
import type { StoreError } from "../errors.ts"
import type { Store } from "../store/Store.ts"
import { attempt, type Course } from "./attempt.ts"
import { type BundleContext, giveUp } from "./context.ts"
import type { Lane } from "./lane.ts"
import { mayPass, scheduleOf } from "./retry.ts"

type Failure = BackendError | StoreError

/** Gives the tokens trained, those trained twice among them. Afterwards no lane is running. */
export const runBundle = (
  lanes: ReadonlyArray<Lane>,
  context: BundleContext,
): Effect.Effect<number, StoreError, Backend | Store | CheckpointStore> =>
  Effect.suspend(() => {
    const course: Course = { attempts: 0, trained: 0 }
    const progress = () => lanes.reduce((sum, lane) => sum + lane.tokens, 0)
    const { retry } = context.options
    const one = attempt(lanes, course, context)
    const again = (
      tried: typeof one,
      schedule: Schedule.Schedule<unknown, BackendError>,
      when: (reason: BackendErrorReason) => boolean = () => true,
    ): typeof one =>
      Effect.retry(tried, {
        schedule: schedule as Schedule.Schedule<unknown, Failure>,
        while: (error) => mayPass(error) && when(error.reason),
      })
    const patiently =
      retry === undefined
        ? again(
            again(one, scheduleOf("Device"), (reason) => reason !== "Unavailable"),
            scheduleOf("Unavailable"),
            (reason) => reason === "Unavailable",
          )
        : again(one, retry)
    // A long run may fail any number of times, as long as it gets on between them.
    const persistently = (before: number): typeof patiently =>
      Effect.catchIf(
        patiently,
        (error) => mayPass(error) && progress() > before,
        () => Effect.suspend(() => persistently(progress())),
      )

    return persistently(progress()).pipe(
      Effect.catchTag("BackendError", (error) =>
        Effect.gen(function* () {
          const open = lanes.filter(({ status }) => status === "running")
          // One bad run must not take the others with it.
          if (lanes.length > 1) {
            for (const lane of open) course.trained += yield* runBundle([lane], context)
          } else yield* Effect.forEach(open, (lane) => giveUp(context, lane, error.message), { discard: true })
        }),
      ),
      Effect.map(() => course.trained),
    )
  })
