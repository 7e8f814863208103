/** Other packages' errors as the backend's one family. */
import { BackendError, type BackendErrorReason } from "@ts/backend"
import type { DataError } from "@ts/data"

export interface Blame {
  readonly backend: string
  readonly runId?: string
}

export const failure = (
  blame: Blame,
  reason: BackendErrorReason,
  message: string,
  options: { readonly field?: string; readonly retryable?: boolean; readonly cause?: unknown } = {},
): BackendError => new BackendError({ ...blame, reason, message, retryable: false, ...options })

export const dataFailure =
  (blame: Blame) =>
  (error: DataError): BackendError =>
    failure(blame, "Data", error.message, { field: "data", retryable: error.retryable, cause: error })

/** Prepared tokens that could not be read while training. */
export const unreadable =
  (blame: Blame) =>
  (cause: unknown): BackendError => {
    const why = cause instanceof Error ? cause.message : String(cause)
    const message = `the prepared training tokens cannot be read: ${why}; run again, and they are prepared anew`
    return failure(blame, "Data", message, { field: "data", retryable: true, cause })
  }

export const deviceFailure =
  (blame: Blame) =>
  (cause: unknown): BackendError =>
    failure(
      blame,
      "Device",
      `the device failed while training: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        retryable: true,
        cause,
      },
    )
