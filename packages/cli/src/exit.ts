/** How every command ends: one clear sentence on stderr and a documented exit code. */
import { Data } from "effect"

/** Exit codes; documented in the README and in `--help`. */
export const exitCodes = {
  /** Something went wrong that is nobody's input: a failed run, a full disk. Try again. */
  failed: 1,
  /** The command line, the study, the table or the law is wrong. Nothing was started. */
  input: 2,
  /** The corpus cannot be had: hub unreachable, file missing, too short for the horizon. */
  data: 3,
  /** The study's database is corrupt, locked by another driver, or from a newer version. */
  store: 4,
  /** A verdict is negative: the coordinate check fails. */
  verdict: 5,
  /** Interrupted; what was measured is kept and the same command goes on. */
  interrupted: 130,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export class CliError extends Data.TaggedError("CliError")<{ readonly message: string; readonly code: ExitCode }> {}

export const inputError = (message: string): CliError => new CliError({ message, code: exitCodes.input })

/** Codes of the errors of other packages, by tag, then by reason. */
const codeOf = (error: { readonly _tag?: unknown; readonly reason?: unknown; readonly code?: unknown }): ExitCode => {
  switch (error._tag) {
    case "CliError":
      return error.code as ExitCode
    case "StudyError":
      return exitCodes.input
    case "DataError":
      return exitCodes.data
    case "StoreError":
      return exitCodes.store
    case "BackendError":
      return error.reason === "Data"
        ? exitCodes.data
        : error.reason === "InvalidSpec" || error.reason === "Unsupported" || error.reason === "Unavailable"
          ? exitCodes.input
          : exitCodes.failed
    default:
      return exitCodes.failed
  }
}

/** Errors thrown by the pure packages are about their input. */
const inputErrors = new Set([
  "MappingError",
  "RunsFormatError",
  "InvalidRowError",
  "InvalidOptionError",
  "LawFormatError",
  "MupError",
  "DurationError",
  "ScheduleError",
])

export const toCliError = (error: unknown): CliError => {
  if (error instanceof CliError) return error
  if (error instanceof Error && inputErrors.has(error.name)) return inputError(error.message)
  const message = error instanceof Error ? error.message : String(error)
  return new CliError({ message, code: codeOf((error ?? {}) as object) })
}
