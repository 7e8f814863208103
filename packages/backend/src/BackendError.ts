/** One family of errors for every backend: fields a program can act on, and a sentence a person can act on. */
import { Schema } from "effect"

export const BackendErrorReason = Schema.Literals([
  /** The backend cannot do what the spec asks; found before the first step. */
  "Unsupported",
  /** The spec contradicts itself (width not divisible by heads, batch smaller than a sequence, ...). */
  "InvalidSpec",
  /** The corpus is missing, unreadable, too short or not what the study recorded. */
  "Data",
  /** A checkpoint is missing, corrupt, from other numerics, or cannot be written. */
  "Checkpoint",
  /** The device failed while training. */
  "Device",
  /** No such device here, or it is busy. */
  "Unavailable",
])
export type BackendErrorReason = typeof BackendErrorReason.Type

export class BackendError extends Schema.TaggedError<BackendError>()("BackendError", {
  backend: Schema.String,
  reason: BackendErrorReason,
  /** One sentence: what is wrong, naming field and value, and the way out. */
  message: Schema.String,
  /** Trying the same again may succeed. */
  retryable: Schema.Boolean,
  runId: Schema.optionalKey(Schema.String),
  /** Path of the field at fault, e.g. `model.n_heads`. */
  field: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect()),
}) {}
