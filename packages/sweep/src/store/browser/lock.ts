/** One tab at a time: a lock of the browser's, gone with whoever held it, however that ended. */
import { Effect, type Scope } from "effect"
import { StoreError } from "../../errors.ts"

/** A tab that was just reloaded lets go of its lock a moment after the new page asks for it, milliseconds. */
const PATIENCE = 3000

/** Holds a study until the scope closes; `DriverActive` where another tab or worker has it open. */
export const holdStudy = (path: string): Effect.Effect<void, StoreError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<() => void, StoreError>((resume) => {
      navigator.locks
        .request(`time-transfer/${path}`, { signal: AbortSignal.timeout(PATIENCE) }, () => {
          const { promise, resolve } = Promise.withResolvers<void>()
          resume(Effect.succeed(resolve))
          return promise
        })
        .catch((cause) =>
          resume(
            Effect.fail(
              new StoreError({
                reason: "DriverActive",
                path,
                message: `${path} is open in another tab of this browser; go on there, or close that tab and try again here`,
                cause,
              }),
            ),
          ),
        )
    }),
    (release) => Effect.sync(release),
  ).pipe(Effect.asVoid)
