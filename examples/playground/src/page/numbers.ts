/** Numbers as people read them. */
import { raised } from "@ts/report"
import type { Answer } from "../analyst/prediction.ts"

/** `2⁻⁷·⁹` */
export const power = (value: number): string => {
  const octave = Math.log2(value)
  return raised(`2^${Number.isInteger(octave) ? octave : Number(octave.toFixed(1))}`)
}

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 })

/** `2²⁴, 16.8M tokens` */
export const tokensText = (tokens: number): string => `${power(tokens)}, ${compact.format(tokens)} tokens`

/** The same for those who listen. */
export const tokensSpoken = (tokens: number): string =>
  `two to the ${Number(Math.log2(tokens).toFixed(2))}, ${compact.format(tokens)} tokens`

/** Three digits: `0.00421`. */
export const digits = (value: number): string => String(Number(value.toPrecision(3)))

/** `90 % between 0.0039 and 0.0046`; nothing where no interval is known. */
export const intervalText = (answer: Answer, text: (value: number) => string): string => {
  if (!("value" in answer) || answer.level === undefined) return ""
  const { low, high, level } = answer
  const share = `${Math.round(100 * level)} %`
  if (low !== undefined && high !== undefined) return `${share} between ${text(low)} and ${text(high)}`
  if (low !== undefined) return `${share} above ${text(low)}`
  return high === undefined ? "" : `${share} below ${text(high)}`
}

export const secondsText = (seconds: number): string =>
  seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`
