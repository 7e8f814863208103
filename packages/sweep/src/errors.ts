/** The errors of this package: fields a program can act on, and one sentence a person can act on. */
import type { BackendError } from "@ts/backend"
import { Schema } from "effect"

export const StudyProblem = Schema.Struct({
  /** Path of the field at fault, e.g. `model.n_heads`. */
  field: Schema.String,
  /** What is wrong with which value, and the way out. */
  message: Schema.String,
  /** How many runs of the study share it. */
  runs: Schema.optionalKey(Schema.Int),
})
export type StudyProblem = typeof StudyProblem.Type

/** The study cannot be run as written; every problem at once. */
export class StudyError extends Schema.TaggedError<StudyError>()("StudyError", {
  /** Of the first problem. */
  field: Schema.String,
  /** One sentence per problem. */
  message: Schema.String,
  problems: Schema.Array(StudyProblem),
}) {}

export const studyError = (problems: ReadonlyArray<StudyProblem>): StudyError =>
  new StudyError({
    field: problems[0].field,
    message: problems
      .map((p) => `${p.message}${p.runs === undefined || p.runs < 2 ? "" : ` (${p.runs} runs)`}`)
      .join("\n"),
    problems,
  })

export const problem = (field: string, message: string): StudyProblem => ({ field, message: `${field}: ${message}` })

export const StoreErrorReason = Schema.Literals([
  /** The file is no SQLite database. */
  "NotADatabase",
  /** A database, but not one of a study. */
  "NotAStudy",
  /** Damaged: truncated, or overwritten in places. */
  "Corrupt",
  /** Written by a newer version of this program. */
  "NewerVersion",
  /** Another driver is running this study. */
  "DriverActive",
  /** Another driver took the study over while this one was not answering. */
  "LostLock",
  /** Disk full, no permission, and the like. */
  "Io",
  /** It holds the results of a study of another name. */
  "OtherStudy",
  /** The data prepared now are not those the study was measured on. */
  "DataChanged",
])
export type StoreErrorReason = typeof StoreErrorReason.Type

/** The store refuses or fails; what was measured before stays as it is. */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  reason: StoreErrorReason,
  /** The database file, or `:memory:`. */
  path: Schema.String,
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect()),
}) {}

/** Everything that can end a sweep early. A run that fails or diverges does not. */
export type SweepError = StudyError | StoreError | BackendError
