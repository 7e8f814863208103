import {
  type Bound,
  type Estimate,
  type Interval,
  isEstimate,
  type Reason,
  type Result,
  standardErrorOf,
} from "@ts/fit"
import { fixed, significant, withError } from "./error.ts"
import { powerOfTwo } from "./tokens.ts"

/** How one kind of quantity is written: an estimate with its error, and a bare number for bounds and interval ends. */
export interface Writer {
  readonly estimate: (estimate: Estimate) => string
  /** `finer`: that many decimals more than usual. */
  readonly number: (x: number, finer?: number) => string
}

/** Standard error of log2(value), octaves. */
export const octaveError = (estimate: Estimate): number | undefined => {
  const error = standardErrorOf(estimate)
  if (error === undefined) return undefined
  return (estimate.scale === "log" ? error : error / Math.abs(estimate.value)) / Math.LN2
}

const octaves = (estimate: Estimate): string =>
  octaveError(estimate) === 0
    ? fixed(Math.log2(estimate.value), 1)
    : withError(Math.log2(estimate.value), octaveError(estimate), { most: 2 })

/** log2 of a rate or a batch, without its base: for tables whose caption says log2. */
export const log2: Writer = { estimate: octaves, number: (x, finer = 0) => fixed(Math.log2(x), 1 + finer) }

/** The same with its base: `2^-8.8(1)`. */
export const power: Writer = {
  estimate: (estimate) => `2^${octaves(estimate)}`,
  number: (x, finer = 0) => powerOfTwo(x, 1 + finer),
}

export const nats: Writer = {
  estimate: (e) => withError(e.value, standardErrorOf(e), { most: 4, unknown: 3 }),
  number: (x, finer = 0) => significant(x, 4 + finer),
}

export const plain: Writer = {
  estimate: (e) => withError(e.value, standardErrorOf(e), { most: 3, unknown: 2 }),
  number: (x, finer = 0) => fixed(x, 2 + finer),
}

/** Why there is no number, short enough for a cell of a table. */
export const reasonWord: Readonly<Record<Reason, string>> = {
  "no-data": "no data",
  "not-measured": "few steps",
  "too-few-points": "few rates",
  "too-few-batches": "few batches",
  "too-few-horizons": "few horizons",
  "too-few-cells": "few cells",
  "edge-low": "edge",
  "edge-high": "edge",
  "no-minimum": "no minimum",
  "two-minima": "two minima",
  "peak-above": "beyond",
  "peak-below": "before",
  "other-form": "another form",
  flat: "flat",
  "not-reached": "not reached",
  "reference-too-large": "reference",
  "no-noise-level": "no noise level",
  "ill-conditioned": "ill-posed",
  depends: "depends",
}

/** Reasons that leave one side known: the bound says more in a cell than the word. */
const oneSided: ReadonlySet<Reason> = new Set([
  "edge-low",
  "edge-high",
  "peak-above",
  "peak-below",
  "not-reached",
  "reference-too-large",
])

/** Whether an end says nothing: what is written as a power is above zero anyway. */
const isOpen = (end: number | undefined, write: Writer): boolean =>
  end === undefined || !Number.isFinite(end) || (end === 0 && write !== nats && write !== plain)

/** `≥ -5`, `≤ 2^7` or `2^8 … 2^10`; nothing where neither end says anything. */
export const boundText = (bound: Bound, write: Writer): string => {
  const [lower, upper] = [bound.lower, bound.upper].map((end) => (isOpen(end, write) ? undefined : end))
  if (lower !== undefined && upper !== undefined) return `${write.number(lower)} … ${write.number(upper)}`
  if (lower !== undefined) return `≥ ${write.number(lower)}`
  return upper === undefined ? "" : `≤ ${write.number(upper)}`
}

/** What a cell of a table says: an estimate with its error, a one-sided bound, or the reason in a word or two. */
export const cellText = (result: Result, write: Writer): string => {
  if (isEstimate(result)) return write.estimate(result)
  const { bound, reason } = result
  if (bound !== undefined && oneSided.has(reason)) return boundText(bound, write) || reasonWord[reason]
  return reasonWord[reason]
}

export const percent = (level: number): string => `${significant(100 * level, 3)} %`

/** `90 %: 2^-8.7 … 2^-7.8`, half-open where a side is not known. */
export const intervalText = (interval: Interval | undefined, write: Writer): string => {
  if (interval === undefined) return "interval unknown"
  const { low, high, level } = interval
  const [openLow, openHigh] = [isOpen(low, write), isOpen(high, write)]
  const head = `${percent(level)}:`
  if (openLow && openHigh) return `${head} unbounded`
  if (openLow) return `${head} below ${write.number(high)}`
  if (openHigh) return `${head} above ${write.number(low)}`
  // Ends that round to the same digits get more of them.
  const finer = [0, 1, 2].find((k) => low === high || write.number(low, k) !== write.number(high, k)) ?? 2
  return `${head} ${write.number(low, finer)} … ${write.number(high, finer)}`
}
