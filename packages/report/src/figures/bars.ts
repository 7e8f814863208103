import { isEstimate, type Result } from "@ts/fit"

/** A quantity at one place: log2 of its value and of the ends of its interval, half-open ends left at the value. */
export interface Bar {
  readonly x: number
  readonly y: number
  readonly low: number
  readonly high: number
}

/** @param x where the estimate belongs on the axis; `undefined` where nothing is identified */
export const barOf = (x: number, result: Result): Bar | undefined => {
  if (!isEstimate(result)) return undefined
  const y = Math.log2(result.value)
  const low = result.interval === undefined || !(result.interval.low > 0) ? y : Math.log2(result.interval.low)
  const high =
    result.interval === undefined || !Number.isFinite(result.interval.high) ? y : Math.log2(result.interval.high)
  return { x, y, low, high }
}

/** One-sided knowledge, as an arrow from the bound. */
export interface BoundMark {
  readonly x: number
  readonly y: number
  readonly arrow: "↑" | "↓"
}

export const boundOf = (x: number, result: Result): BoundMark | undefined => {
  if (isEstimate(result) || result.bound === undefined) return undefined
  const { lower, upper } = result.bound
  const end = lower ?? upper
  // An end at zero or beyond all numbers bounds nothing.
  if (end === undefined || !(end > 0 && end < Infinity)) return undefined
  if (upper === undefined) return { x, y: Math.log2(end), arrow: "↑" }
  return lower === undefined ? { x, y: Math.log2(end), arrow: "↓" } : undefined
}

export const present = <A>(items: ReadonlyArray<A | undefined>): ReadonlyArray<A> =>
  items.filter((item) => item !== undefined)
