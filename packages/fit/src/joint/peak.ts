import { significant, tokensText } from "../format.ts"
import { type Bound, type Estimate, type NotIdentified, notIdentified, type Reason, type Result } from "../result.ts"
import { type FormName, forms } from "./form.ts"
import type { Solved } from "./plain.ts"
import { type At, batchScaleAt, exponentOf, heightAt, type Quantity } from "./quantities.ts"

/** Widest standard deviation of ln B_crit that still counts as a number: a factor of two. */
const loosest = Math.LN2

/** What was measured, for messages. */
export interface Measured {
  /** Smallest and largest batch, tokens. */
  readonly batches: readonly [number, number]
  readonly cells: number
  /** Forms without a peak that the data do not rule out, the best first. */
  readonly rivals: ReadonlyArray<FormName>
  /** Whether a bell itself is possible. */
  readonly bell: boolean
}

/** To first order where that exists, else half the interval. */
const errorOf = ({ error, deviation }: Quantity): number => (Number.isFinite(error) ? error : deviation)

const notesOf = (value: number, { batches }: Measured): ReadonlyArray<string> =>
  value > batches[1]
    ? ["It lies beyond the largest batch measured and rests on the form of the bell."]
    : value < batches[0]
      ? ["It lies below the smallest batch measured and rests on the form of the bell."]
      : []

/**
 * Peak of the bell at a horizon, tokens: a number where the data rule out every form without a peak and know its place to a factor of
 * about two; else what bounds it, if it is a bell.
 */
export const peakBatchAt = (solved: Solved, at: At, level: number, measured: Measured): Result => {
  const found = batchScaleAt(solved, at, level)
  const value = Math.exp(found.value)
  if (measured.rivals.length === 0 && found.deviation < loosest)
    return {
      _tag: "Estimate",
      value,
      scale: "log",
      standardError: errorOf(found),
      interval: { low: Math.exp(found.ends.low), high: Math.exp(found.ends.high), level },
      n: measured.cells,
      notes: notesOf(value, measured),
    }
  return unidentifiedPeak(found, level, measured)
}

const boundOf = ({ ends }: Quantity, level: number, back: (x: number) => number): Bound | undefined => {
  const known = { low: Number.isFinite(ends.low), high: Number.isFinite(ends.high) }
  if (!known.low && !known.high) return undefined
  return {
    ...(known.low ? { lower: back(ends.low) } : {}),
    ...(known.high ? { upper: back(ends.high) } : {}),
    level,
  }
}

const unidentifiedPeak = (found: Quantity, level: number, measured: Measured): NotIdentified => {
  const { batches, cells, rivals } = measured
  const bound = boundOf(found, level, Math.exp)
  const [smallest, largest] = batches.map(tokensText)
  const say = (reason: Reason, message: string, side?: "lower" | "upper") =>
    notIdentified(reason, message, cells, side === undefined || rivals.length === 0 ? bound : only(bound, side))
  const peak = Math.exp(found.value)
  if (bound === undefined && peak <= batches[1])
    return say(
      "flat",
      `eta* neither rises nor falls beyond its errors between ${smallest} and ${largest} tokens: add batches further apart, seeds or finer rates.`,
    )
  if (bound?.upper === undefined)
    return say("peak-above", `eta* shows no fall up to the largest batch ${largest}: measure larger batches.`)
  if (bound.lower === undefined)
    return say("peak-below", `eta* shows no rise from the smallest batch ${smallest} on: measure smaller batches.`)
  const doubt =
    rivals.length > 0
      ? rivalText(measured)
      : `the peak is known to a factor of ${significant(bound.upper / bound.lower, 2)} only`
  if (peak > batches[1])
    return say(
      "peak-above",
      `eta* shows no fall up to the largest batch ${largest}, and ${doubt}: measure larger batches.`,
      "lower",
    )
  if (peak < batches[0])
    return say(
      "peak-below",
      `eta* shows no rise from the smallest batch ${smallest} on, and ${doubt}: measure smaller batches.`,
      "upper",
    )
  return say(
    rivals.length > 0 && rivals[0] !== "constant" ? "other-form" : "flat",
    `No peak stands out between ${smallest} and ${largest} tokens: ${doubt}. Add batches further apart, seeds or finer rates.`,
  )
}

/** The end of a bound that the data show; the other rests on the form alone. */
const only = (bound: Bound | undefined, side: "lower" | "upper"): Bound | undefined => {
  const value = bound?.[side]
  return bound?.level === undefined || value === undefined ? bound : { [side]: value, level: bound.level }
}

/** What speaks against a peak. */
const rivalText = ({ rivals, bell }: Measured): string =>
  bell
    ? `the data do not tell a bell from a form without a peak (${titles(rivals)})`
    : `the data support a form without a peak (${titles(rivals)}) and no bell`

const titles = (names: ReadonlyArray<FormName>): string => names.map((name) => forms[name].title).join(", ")

/** Height of the bell at a horizon, learning rate; as little identified as the place of the peak. */
export const peakEtaAt = (solved: Solved, at: At, level: number, peak: Result, measured: Measured): Result => {
  if (peak._tag === "NotIdentified") return notIdentified(peak.reason, peak.message, peak.points)
  const found = heightAt(solved, at, level)
  return {
    _tag: "Estimate",
    value: Math.exp(found.value),
    scale: "log",
    standardError: errorOf(found),
    interval: { low: Math.exp(found.ends.low), high: Math.exp(found.ends.high), level },
    n: measured.cells,
    notes: [],
  }
}

/** Exponent in the horizon of the peak or of its height, or what bounds it. */
export const exponentAt = (solved: Solved, of: "scale" | "height", level: number, measured: Measured): Result => {
  const found = exponentOf(solved, of, level)
  const { low, high } = found.ends
  const { rivals, cells } = measured
  if (rivals.length > 0)
    return notIdentified(
      "other-form",
      `Of a peak that grows nothing is known, since ${rivalText(measured)}: measure batches further out.`,
      cells,
      boundOf(found, level, (x) => x),
    )
  if (Number.isFinite(low) && Number.isFinite(high)) {
    const estimate: Estimate = {
      _tag: "Estimate",
      value: found.value,
      scale: "linear",
      standardError: errorOf(found),
      interval: { low, high, level },
      n: measured.cells,
      notes: [],
    }
    return estimate
  }
  const bound = boundOf(found, level, (x) => x)
  return notIdentified(
    "ill-conditioned",
    `The exponent of the ${of === "scale" ? "peak" : "height"} is ${bound === undefined ? "unbounded" : "bounded on one side only"}: measure batches on both sides of the peak at more horizons.`,
    measured.cells,
    bound,
  )
}
