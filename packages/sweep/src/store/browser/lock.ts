/** One tab at a time: a lock of the browser's, gone with whoever held it, however that ended. */
import { Effect, type Scope } from "effect"
import { StoreError } from "../../errors.ts"
import { noStorage } from "./noStorage.ts"

/** A tab that was just reloaded lets go of its lock a moment after the new page asks for it, milliseconds. */
const PATIENCE = 3000

const active = (path: string, cause: unknown): StoreError =>
  new StoreError({
    reason: "DriverActive",
    path,
    message: `${path} is open in another tab of this browser; go on there, or close that tab and try again here`,
    cause,
  })

/**
 * Holds a study until the scope closes; `DriverActive` where another tab or worker has it open, `Io` where a page may not hold anything,
 * since its origin is not secure or its user keeps sites from storing data.
 */
export const holdStudy = (path: string): Effect.Effect<void, StoreError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<() => void, StoreError>((resume) => {
      const { locks } = navigator as { readonly locks?: LockManager }
      if (locks === undefined) return resume(Effect.fail(noStorage(path, undefined)))
      locks
        .request(`time-transfer/${path}`, { signal: AbortSignal.timeout(PATIENCE) }, () => {
          const { promise, resolve } = Promise.withResolvers<void>()
          resume(Effect.succeed(resolve))
          return promise
        })
        .catch((cause: DOMException) =>
          resume(Effect.fail(cause.name === "TimeoutError" ? active(path, cause) : noStorage(path, cause))),
        )
    }),
    (release) => Effect.sync(release),
  ).pipe(Effect.asVoid)
