/**
 * The run-level contract. Sweep code knows a backend by this page only: it reads `capabilities`, never a name.
 *
 * A backend MUST
 * - refuse what it cannot do before the first step (`prepare`, and again `train`), never fall back silently;
 * - emit each run's events in token order, starting with `Started` and ending with `Finished`, `Diverged` or `Failed` (`Queued` may
 *   come at any time between);
 * - give the same numbers for the same spec under one `numericsId`, whatever the bundle, the readings asked for,
 *   or where the run was interrupted and resumed;
 * - let one run's divergence or failure leave the rest of its bundle alone;
 * - on interruption stop at a step boundary and leave a checkpoint, when it can checkpoint.
 */
import { Context, type Effect, Schema, type Stream } from "effect"
import type { BackendError } from "./BackendError.ts"
import { CheckpointRef, type CheckpointStore } from "./Checkpoint.ts"
import { RunId, RunSpec } from "./RunSpec.ts"

const Tokens = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const PositiveTokens = Schema.Int.check(Schema.isGreaterThan(0))

/** What a backend is and can do: plain data. */
export const Capabilities = Schema.Struct({
  /** Short id: `cpu`, `least-squares`, ... */
  backend: Schema.String,
  /** For people: the device at work. */
  device: Schema.String,
  /** Precisions on offer and the `numericsId` each gives: numbers are bit-identical within one id. */
  numerics: Schema.Record(Schema.String, Schema.String),
  /** Runs of equal shape in one bundle. */
  maxLanes: Schema.Int,
  /** Bundles worth training side by side. */
  concurrency: Schema.Int,
  deterministic: Schema.Boolean,
  /** Can start a run from another's checkpoint. */
  branching: Schema.Boolean,
  /** Can checkpoint, resume and extend runs. */
  checkpoints: Schema.Boolean,
  averages: Schema.Boolean,
  noiseScale: Schema.Boolean,
  /** Losses are drawn from a law, not measured. Rows say so. */
  synthetic: Schema.Boolean,
  /** Largest values supported, by field of a `RunSpec`; absent fields are unbounded. */
  maxima: Schema.Record(Schema.String, Schema.Finite),
  /** Measured for one bundle of one run; absent where cost does not follow FLOPs. */
  flopsPerSecond: Schema.optionalKey(Schema.Finite),
  /** What a bundle waits before it trains, seconds, where that is long: a scheduler's queue. */
  startupSeconds: Schema.optionalKey(Schema.Finite),
})
export type Capabilities = typeof Capabilities.Type

/** What one wants to know of a run now. */
export const Assignment = Schema.Struct({
  spec: RunSpec,
  /** Train up to the first step boundary at or after this many tokens. */
  until: PositiveTokens,
  /** Read the validation loss at the first step boundary at or after each of these. */
  evaluateAt: Schema.Array(PositiveTokens),
  /** Keep a checkpoint at the first step boundary at or after each of these (branches start there). */
  checkpointAt: Schema.Array(PositiveTokens),
  /** Decays of the weight averages to read beside the raw weights. */
  averages: Schema.Array(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1, exclusiveMaximum: true }))),
  /** Read the gradient noise scale at each `evaluateAt`: batch sizes in tokens, number of big batches averaged. */
  noiseScale: Schema.optionalKey(
    Schema.Struct({ small: PositiveTokens, big: PositiveTokens, samples: PositiveTokens }),
  ),
  /** Report the training loss of one step in this many tokens. */
  logEvery: Schema.optionalKey(PositiveTokens),
  /** Where to start; absent: from the initial weights. */
  resume: Schema.optionalKey(CheckpointRef),
  /** Accept a checkpoint made under other numerics; the change is recorded in `Started`. */
  acceptOtherNumerics: Schema.optionalKey(Schema.Boolean),
})
export type Assignment = typeof Assignment.Type

const at = { runId: RunId, tokens: Tokens }
const Loss = Schema.Finite

/** What happened. `tokens` is the step boundary at which it did. */
export const RunEvent = Schema.Union([
  /** It waits for its turn elsewhere, in a scheduler's queue: until the next event its silence means nothing. No part of a run's story. */
  Schema.TaggedStruct("Queued", { ...at, place: Schema.String }),
  Schema.TaggedStruct("Started", {
    ...at,
    numericsId: Schema.String,
    synthetic: Schema.Boolean,
    resumedFrom: Schema.optionalKey(CheckpointRef),
  }),
  /** Training loss (mean over the step's batch) and gradient norm before the clip, of the step that ended here. */
  Schema.TaggedStruct("Stepped", { ...at, step: Schema.Int, loss: Loss, gradientNorm: Schema.Finite, eta: Loss }),
  /** `requested`: the entry of `evaluateAt` this answers; `tokens` is the step boundary it was read at. */
  Schema.TaggedStruct("Evaluated", {
    ...at,
    requested: PositiveTokens,
    step: Schema.Int,
    /** `none` or `averageName(decay)`. */
    average: Schema.String,
    /** Hash of the validation tokens. */
    evaluation: Schema.String,
    loss: Loss,
  }),
  /** Mean squared gradient norms at two batch sizes; estimators live in the analysis. */
  Schema.TaggedStruct("NoiseScaleMeasured", {
    ...at,
    requested: PositiveTokens,
    small: PositiveTokens,
    big: PositiveTokens,
    samples: PositiveTokens,
    squaredNormSmall: Schema.Finite,
    squaredNormBig: Schema.Finite,
  }),
  Schema.TaggedStruct("Checkpointed", { ...at, checkpoint: CheckpointRef }),
  Schema.TaggedStruct("Diverged", { ...at, reason: Schema.String }),
  Schema.TaggedStruct("Failed", { ...at, message: Schema.String, retryable: Schema.Boolean }),
  Schema.TaggedStruct("Finished", { ...at, step: Schema.Int }),
])
export type RunEvent = typeof RunEvent.Type

/** What `prepare` made ready: recorded in the journal and verified by later sessions. */
export const Prepared = Schema.Struct({
  data: Schema.Array(
    Schema.Struct({
      identity: Schema.String,
      evaluation: Schema.String,
      trainTokens: Schema.NullOr(Schema.Int),
      shards: Schema.Array(Schema.Struct({ name: Schema.String, sha256: Schema.String })),
    }),
  ),
})
export type Prepared = typeof Prepared.Type

/** Trains what it is given and tells what happened. Acquired in a Scope; released with it. */
export class Backend extends Context.Service<
  Backend,
  {
    readonly capabilities: Capabilities
    /** Checks all that can be known before training (shapes, precision, corpus long enough) and prepares data. Idempotent. */
    readonly prepare: (assignments: ReadonlyArray<Assignment>) => Effect.Effect<Prepared, BackendError>
    /**
     * Runs of equal shape, together where the device can. Same numbers as one by one. Checkpoints belong to the study, not to
     * the backend, so their store is asked for here.
     */
    readonly train: (
      bundle: readonly [Assignment, ...Array<Assignment>],
    ) => Stream.Stream<RunEvent, BackendError, CheckpointStore>
  }
>()("@ts/backend/Backend") {}
