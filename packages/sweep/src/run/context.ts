/** What bundles share with the sweep they are part of. */
import { BackendError, type RunEvent, type RunId } from "@ts/backend"
import { Effect } from "effect"
import type { StoreError } from "../errors.ts"
import type { JournalEntry, JournalEvent } from "../store/journal.ts"
import type { Session } from "../store/Store.ts"
import type { Lane } from "./lane.ts"
import type { RunOptions } from "./options.ts"

export interface BundleContext {
  /** Named in errors. */
  readonly backend: string
  readonly session: Session
  readonly options: RunOptions
  /** Tells what was journalled; the lanes are up to date by then. */
  readonly tell: (entries: ReadonlyArray<JournalEntry>) => Effect.Effect<void>
  /** Events of runs, journalled and not yet told. */
  readonly heard: (events: ReadonlyArray<RunEvent>) => void
}

export const fault = ({ backend }: BundleContext, message: string, retryable: boolean, runId?: RunId) =>
  new BackendError({
    backend,
    reason: "Device",
    message,
    retryable,
    ...(runId === undefined ? {} : { runId }),
  })

/** Journals and tells something about a run. */
export const note = (
  { session, tell }: BundleContext,
  lane: Lane,
  event: JournalEvent,
): Effect.Effect<void, StoreError> => Effect.flatMap(session.append([{ event, numericsId: lane.run.numericsId }]), tell)

/** The run is left for this session; the next one tries it again. */
export const giveUp = (context: BundleContext, lane: Lane, message: string): Effect.Effect<void, StoreError> =>
  Effect.suspend(() => {
    lane.status = "failed"
    lane.message = message
    return note(context, lane, { _tag: "GivenUp", runId: lane.run.runId, message })
  })
