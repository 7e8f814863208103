/**
 * A study that is cancelled beside its driver: the driver must not take the ended jobs for lost and submit them again. Whoever cancels leaves a mark
 * that is new each time; a driver compares it with the one that it found when it started, so clocks that differ do no harm.
 *
 * The order of things closes every gap: the mark is written before submissions are listed and stopped, and looked at after a submission lies in its
 * folder and before it is handed to the scheduler. A submission is either seen and stopped, or sees the mark.
 */
import type { BackendError } from "@ts/backend"
import { Effect } from "effect"
import { slurmError } from "./errors.ts"
import type { Host } from "./host.ts"
import { submissionId } from "./submissionId.ts"

const markIn = (root: string): string => `${root}/cancelled`

export const markCancelled = (host: Host, root: string): Effect.Effect<void, BackendError> =>
  host.writeFiles([{ path: markIn(root), content: submissionId(Date.now()) }])

/** Gives a check that fails once the study was cancelled after this was called. */
export const watchCancelled = Effect.fnUntraced(function* (
  host: Host,
  root: string,
): Effect.fn.Return<Effect.Effect<void, BackendError>, BackendError> {
  const mark = Effect.map(host.readFile(markIn(root)), (bytes) => new TextDecoder().decode(bytes))
  const before = yield* mark
  return Effect.flatMap(mark, (now) =>
    now === before
      ? Effect.void
      : Effect.fail(slurmError("Unavailable", "this study was cancelled; run it again to go on")),
  )
})
