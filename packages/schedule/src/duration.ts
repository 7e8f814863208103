import type { BatchSchedule } from "./batchSchedule.ts"
import { requirePosition, requireSize } from "./ScheduleError.ts"
import { tokensAfter } from "./steps.ts"

/** What a duration may be relative to. */
export interface DurationContext {
  /** For `steps`: tokens per step, or the batch schedule. */
  readonly batch?: number | BatchSchedule
  /** For `sequences`: tokens in one. */
  readonly sequence?: number
  /** For `%`: tokens of the whole run. */
  readonly horizon?: number
}

/** A text that is no duration, or one whose unit needs what the context lacks (`missing`). */
export class DurationError extends Error {
  readonly _tag = "DurationError"
  readonly text: string
  readonly missing: keyof DurationContext | undefined
  constructor(text: string, message: string, missing?: keyof DurationContext) {
    super(`duration ${JSON.stringify(text)}: ${message}`)
    this.name = "DurationError"
    this.text = text
    this.missing = missing
  }
}

const PATTERN =
  /^(?<base>\d+(?:_\d+)*(?:\.\d+)?(?:e\d+)?)(?:\^(?<power>\d+(?:\.\d+)?))?(?<suffix>[kKMGBT])?\s*(?<unit>%|[a-z]+)?$/
const SUFFIXES: Readonly<Record<string, number>> = { k: 1e3, K: 1e3, M: 1e6, G: 1e9, B: 1e9, T: 1e12 }
const GRAMMAR = `write a number and a unit, as in "8192 tokens", "2^13 tokens", "1.5M tokens", "64 steps", "32 sequences" or "10%"`
const NEEDS: Readonly<Record<keyof DurationContext, string>> = {
  batch: "give the duration in tokens, or say the batch",
  sequence: "give the duration in tokens, or say the sequence length",
  horizon: "give the duration in tokens, or choose a schedule with a horizon",
}

interface Amount {
  readonly value: number
  readonly unit: string
  /** A power with a fractional exponent, which need not come out whole. */
  readonly rounds: boolean
}

const read = (duration: number | string): Amount | undefined => {
  if (typeof duration === "number")
    return duration >= 0 ? { value: duration, unit: "tokens", rounds: false } : undefined
  const groups = PATTERN.exec(duration.trim())?.groups as Record<string, string | undefined> | undefined
  if (groups === undefined) return undefined
  const { base, power = "1", suffix, unit = "tokens" } = groups
  const scale = suffix === undefined ? 1 : SUFFIXES[suffix]!
  return { value: Number(base!.replaceAll("_", "")) ** Number(power) * scale, unit, rounds: power.includes(".") }
}

/** A number of tokens, checked to be a whole number, 0 or more. Says the unit where a plain number would not. */
export const tokens = (count: number): number => {
  requirePosition("tokens", count)
  return count
}

/**
 * A duration in tokens. A number, or a text without unit, is in tokens; other units are `tokens`, `steps` (needs `batch`),
 * `sequences` (needs `sequence`) and `%` (needs `horizon`). A number may be written as a power (`2^13`), with an
 * exponent (`1e6`), with underscores, and with a suffix k, M, G = B or T for powers of 1000.
 *
 * Powers with a fractional exponent and percentages are rounded to the nearest token; anything else has to come out
 * whole. Throws `DurationError`.
 */
export const parseDuration = (duration: number | string, context: DurationContext = {}): number => {
  const text = String(duration)
  const amount = read(duration)
  if (amount === undefined) throw new DurationError(text, `not understood; ${GRAMMAR}`)
  const { value, unit, rounds } = amount

  const whole = (count: number, of: string, round: boolean): number => {
    const rounded = Math.round(count)
    if (!Number.isSafeInteger(rounded)) throw new DurationError(text, `more than 2^53 - 1 ${of}`)
    // The slack is for 1.1M, which is 1100000.0000000002 in binary.
    if (!round && Math.abs(count - rounded) > 1e-9 * Math.max(1, count))
      throw new DurationError(text, `${count} is not a whole number of ${of}; for a share of the horizon write "10%"`)
    return rounded
  }
  const need = <K extends keyof DurationContext>(key: K): NonNullable<DurationContext[K]> => {
    const given = context[key]
    if (given === undefined) throw new DurationError(text, `"${unit}" needs the ${key}; ${NEEDS[key]}`, key)
    return given
  }

  switch (unit) {
    case "token":
    case "tokens":
      return whole(value, "tokens", rounds)
    case "step":
    case "steps": {
      const batch = need("batch")
      const schedule: BatchSchedule = typeof batch === "number" ? { kind: "constant", tokens: batch } : batch
      return tokensAfter(schedule, whole(value, "steps", false))
    }
    case "sequence":
    case "sequences": {
      const sequence = need("sequence")
      requireSize("sequence", sequence)
      return whole(whole(value, "sequences", false) * sequence, "tokens", false)
    }
    case "%": {
      const horizon = need("horizon")
      requireSize("horizon", horizon)
      return whole((value / 100) * horizon, "tokens", true)
    }
    default:
      throw new DurationError(text, `unknown unit "${unit}"; ${GRAMMAR}`)
  }
}
