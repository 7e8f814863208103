/** What the journal holds: the events of runs as the backend told them, and what the engine did. */
import { Prepared, RunEvent, RunId, RunSpec } from "@ts/backend"
import { Schema } from "effect"

const Tokens = Schema.Int

export const EngineEvent = Schema.Union([
  Schema.TaggedStruct("SessionStarted", { study: Schema.String, backend: Schema.String, device: Schema.String }),
  /** `failed`: runs that did not reach their end in this session. */
  Schema.TaggedStruct("SessionEnded", { failed: Schema.Int }),
  Schema.TaggedStruct("DataPrepared", { data: Prepared.fields.data }),
  /** A run of the study, and what is asked of it. */
  Schema.TaggedStruct("RunPlanned", {
    runId: RunId,
    spec: RunSpec,
    horizons: Schema.Array(Tokens),
    averages: Schema.Array(Schema.Finite),
  }),
  /** An attempt failed and the run is tried again. */
  Schema.TaggedStruct("Retrying", { runId: RunId, attempt: Schema.Int, message: Schema.String }),
  /** A checkpoint could not be used, and is removed where it is unreadable; the run starts from an earlier one. */
  Schema.TaggedStruct("CheckpointRejected", { runId: RunId, hash: Schema.String, message: Schema.String }),
  /** The engine gave a run up for this session. */
  Schema.TaggedStruct("GivenUp", { runId: RunId, message: Schema.String }),
  /** The run was stopped as hopeless; what it did not read counts as answered until it trains further. */
  Schema.TaggedStruct("Pruned", { runId: RunId, tokens: Tokens, reason: Schema.String }),
  /**
   * Checkpoints that nothing needs any more are gone; `kept`: hashes of those that stay, `last`: none of them because a
   * branch waits for it.
   */
  Schema.TaggedStruct("CheckpointsCleared", { runId: RunId, kept: Schema.Array(Schema.String), last: Schema.Boolean }),
  /** The same reading came twice with different numbers, under numerics that promise equal ones. The first stays. */
  Schema.TaggedStruct("Inconsistent", {
    runId: RunId,
    requested: Tokens,
    average: Schema.String,
    stored: Schema.Finite,
    received: Schema.Finite,
  }),
  /** Somebody took results back: all of a run, or one horizon of it. */
  Schema.TaggedStruct("Removed", { runId: RunId, requested: Schema.optionalKey(Tokens) }),
])
export type EngineEvent = typeof EngineEvent.Type

export const JournalEvent = Schema.Union([RunEvent, EngineEvent])
export type JournalEvent = typeof JournalEvent.Type

/** One line of the journal. */
export interface JournalEntry {
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly time: number
  readonly session: string
  readonly numericsId: string | null
  readonly event: JournalEvent
}
