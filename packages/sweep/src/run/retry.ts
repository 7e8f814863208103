/** When to try again, by the reason of the error. */
import type { BackendError, BackendErrorReason } from "@ts/backend"
import { type Duration, Schedule } from "effect"
import type { StoreError } from "../errors.ts"

/** Trying again cannot help: the same documents and the same data give the same refusal. */
const final: ReadonlySet<BackendErrorReason> = new Set(["Data", "InvalidSpec", "Unsupported"])

export const mayPass = (error: BackendError | StoreError): error is BackendError =>
  error._tag === "BackendError" && error.retryable && !final.has(error.reason)

const backoff = (first: Duration.Input, most: Duration.Input, times: number) =>
  Schedule.min([Schedule.exponential(first), Schedule.spaced(most)]).pipe(Schedule.jittered, Schedule.upTo({ times }))

/** A device that fell over, a checkpoint that could not be written. */
const failed = backoff("1 second", "30 seconds", 3)

/** A device that is taken, or not there yet: half an hour in all. */
const unavailable = backoff("10 seconds", "5 minutes", 10)

export const scheduleOf = (reason: BackendErrorReason) => (reason === "Unavailable" ? unavailable : failed)
