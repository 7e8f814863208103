/** Numbers as people read them. */
import type { Answer } from "../analyst/prediction.ts"
import { tokenCount } from "../studies/tokenCount.ts"

/** `2^-7.9`, for `raised` to raise. */
export const power = (value: number): string => {
  const octave = Math.log2(value)
  return `2^${Number(octave.toFixed(1))}`
}

/** `2^24, 16.8M tokens` */
export const tokensText = (tokens: number): string => `${power(tokens)}, ${tokenCount(tokens)} tokens`

/** The same for those who listen. */
export const tokensSpoken = (tokens: number): string =>
  `two to the ${Number(Math.log2(tokens).toFixed(2))}, ${tokenCount(tokens)} tokens`

/** Two or three digits: `0.00421`, `6.1 × 10^-6`. */
export const digits = (value: number): string => {
  if (value === 0 || Math.abs(value) >= 1e-4) return String(Number(value.toPrecision(3)))
  const octave = Math.floor(Math.log10(Math.abs(value)))
  return `${Number((value / 10 ** octave).toPrecision(2))} × 10^${octave}`
}

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
  seconds < 90
    ? `${Math.max(1, Math.round(seconds))} s`
    : seconds < 5400
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3600)} h`
