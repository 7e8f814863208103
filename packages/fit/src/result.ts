/** Either side may be infinite (or 0 for a positive quantity): a half-open interval says what is known, no more. */
export interface Interval {
  readonly low: number
  readonly high: number
  /** Probability of covering the truth, such as 0.9. */
  readonly level: number
}

/** A doubt that the data cannot give, as the standard error of a parabola through three points. */
export interface Unavailable {
  readonly _tag: "Unavailable"
  readonly message: string
}

/** A number with its doubt. */
export interface Estimate {
  readonly _tag: "Estimate"
  /** In its natural unit: tokens, nats, or a plain learning rate. */
  readonly value: number
  /** `log`: `standardError` is that of ln(value), as for learning rates and batches. `linear`: that of the value. */
  readonly scale: "linear" | "log"
  readonly standardError: number | Unavailable
  /** In the unit of `value`. Absent where no doubt is available. */
  readonly interval: Interval | undefined
  /** Number of data that entered. */
  readonly n: number
  readonly notes: ReadonlyArray<string>
}

/** Why there is no number. A program branches on it; people read the message. */
export type Reason =
  | "no-data"
  | "not-measured"
  | "too-few-points"
  | "too-few-batches"
  | "too-few-horizons"
  | "too-few-cells"
  | "edge-low"
  | "edge-high"
  | "no-minimum"
  | "two-minima"
  | "peak-above"
  | "peak-below"
  | "flat"
  | "not-reached"
  | "reference-too-large"
  | "no-noise-level"
  | "ill-conditioned"
  | "other-form"
  | "depends"

/** One-sided knowledge, in the unit of the quantity. */
export interface Bound {
  readonly lower?: number
  readonly upper?: number
  /** Confidence of the bound; absent where it is the end of the measured range and has no probability attached. */
  readonly level?: number
}

/** What the data do not say, and what to measure so that they would. */
export interface NotIdentified {
  readonly _tag: "NotIdentified"
  readonly reason: Reason
  /** One sentence: what is missing, and what to measure next. */
  readonly message: string
  readonly bound?: Bound
  /** Number of data that were looked at. */
  readonly points: number
}

export type Result = Estimate | NotIdentified

export const isEstimate = (result: Result): result is Estimate => result._tag === "Estimate"

export const notIdentified = (reason: Reason, message: string, points: number, bound?: Bound): NotIdentified =>
  bound === undefined
    ? { _tag: "NotIdentified", reason, message, points }
    : { _tag: "NotIdentified", reason, message, points, bound }

export const unavailable = (message: string): Unavailable => ({ _tag: "Unavailable", message })

/** The standard error as a number, or `undefined` where it is unavailable. */
export const standardErrorOf = (estimate: Estimate): number | undefined =>
  typeof estimate.standardError === "number" ? estimate.standardError : undefined
