/** Errors of this backend: one sentence with the field, the value and the way out. */
import { BackendError, type BackendErrorReason } from "@ts/backend"

export interface Details {
  readonly field?: string
  readonly retryable?: boolean
  readonly cause?: unknown
}

export const slurmError = (
  reason: BackendErrorReason,
  message: string,
  { field, retryable = false, cause }: Details = {},
) =>
  new BackendError({
    backend: "slurm",
    reason,
    message,
    retryable,
    ...(field === undefined ? {} : { field }),
    ...(cause === undefined ? {} : { cause }),
  })

/** Something is out of reach now; the same call may succeed later. */
export const outOfReach = (message: string, details: Omit<Details, "retryable"> = {}) =>
  slurmError("Unavailable", message, { ...details, retryable: true })
