/**
 * Checkpoints: master weights (f32; f64 of a device that computes in it), optimiser state and weight averages, portable
 * between backends, content-addressed.
 * The store keeps, for each run, the checkpoints asked for by position and the latest rolling one.
 */
import { Context, type Effect, Schema } from "effect"
import type { BackendError } from "./BackendError.ts"
import { RunId } from "./RunSpec.ts"
import type { Tensor } from "./safetensors.ts"

export const CheckpointRef = Schema.Struct({
  /** SHA-256 of the file. */
  hash: Schema.String,
  runId: RunId,
  numericsId: Schema.String,
  /** Step boundary. */
  tokens: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  step: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  /** Decays of the weight averages it holds. */
  averages: Schema.Array(Schema.Finite),
})
export type CheckpointRef = typeof CheckpointRef.Type

export interface Checkpoint {
  readonly runId: RunId
  readonly numericsId: string
  readonly tokens: number
  readonly step: number
  readonly averages: ReadonlyArray<number>
  /** Small state of the trainer beside the tensors. */
  readonly metadata: Readonly<Record<string, number>>
  /** Small documents beside the tensors, by name: the lineage of a run whose losses are computed. */
  readonly documents?: Readonly<Record<string, string>>
  /** By name: `transformer...` weights; `m:`, `v:`, `momentum:`, `average:<name>:` + weight for state. */
  readonly tensors: ReadonlyMap<string, Tensor>
}

export class CheckpointStore extends Context.Service<
  CheckpointStore,
  {
    /** Where they lie, for those who can reach them by path; absent where there is no such place. */
    readonly folder?: string
    /** Durable when it returns. A `rolling` one replaces those before it under its `numericsId`, not those further on. */
    readonly put: (checkpoint: Checkpoint, options: { rolling: boolean }) => Effect.Effect<CheckpointRef, BackendError>
    /** Verifies the hash. */
    readonly get: (ref: CheckpointRef) => Effect.Effect<Checkpoint, BackendError>
    /** Checkpoints of a run under one numericsId, by position. */
    readonly list: (runId: RunId, numericsId: string) => Effect.Effect<ReadonlyArray<CheckpointRef>, BackendError>
    /** A rolling one is replaced no more. Fails where its tensors are not there. */
    readonly keep: (ref: CheckpointRef) => Effect.Effect<void, BackendError>
    readonly remove: (ref: CheckpointRef) => Effect.Effect<void, BackendError>
  }
>()("@ts/backend/CheckpointStore") {}
