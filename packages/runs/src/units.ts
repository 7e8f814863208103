/** How far tokens may lie from steps times batch: a run ends at a step, and people round horizons. */
const tolerance = 0.02

export interface Agreement {
  /** Median of tokens / (steps * batch). */
  readonly factor: number
  /** Rows that all three are known of. */
  readonly compared: number
  /** How many of them have this factor, within 2 %. */
  readonly agreeing: number
}

const near = (ratio: number, factor: number): boolean => Math.abs(ratio / factor - 1) <= tolerance

/** Compares the three along the rows whose numbers are known. `undefined` where there are none. */
export const agreementOf = (ratios: Float64Array): Agreement | undefined => {
  const known = ratios.filter((ratio) => Number.isFinite(ratio) && ratio > 0).sort()
  if (known.length === 0) return undefined
  const median = known[known.length >> 1]
  const factor =
    Math.abs(median - Math.round(median)) <= tolerance * median && median >= 1 ? Math.round(median) : median
  return {
    factor,
    compared: known.length,
    agreeing: known.reduce((sum, ratio) => sum + (near(ratio, factor) ? 1 : 0), 0),
  }
}

/** Whether one row's tokens are its steps times its batch: within 2 %, or two steps. */
export const sameUnits = (tokens: number, steps: number, batch: number): boolean =>
  near(tokens / (steps * batch), 1) || Math.abs(tokens - steps * batch) <= 2 * batch

/** How much more a suffix of 1024 makes than one of 1000. */
const binary = [1.024, 1.024 ** 2, 1.024 ** 3]

const powers = [
  [1e3, "thousands"],
  [1e6, "millions"],
  [1e9, "billions"],
  [1e12, "trillions"],
] as const

/** What a constant factor between tokens and steps * batch most likely means, and the way out. */
export const factorAdvice = (factor: number, tokens: string, steps: string, batch: string): string => {
  for (const [size, word] of powers)
    if (near(factor * size, 1)) return `the tokens are in ${word}: give --tokens "${tokens} * ${size}"`
  if (binary.some((ratio) => Math.abs(factor / ratio - 1) < 0.002))
    return `suffixes seem to count in powers of 1024, and are read in powers of 1000: give --batch "${batch} * ${factor}" if that is so`
  if (factor > 1)
    return `the batch is in sequences of ${factor} tokens: give --batch "${batch} * ${factor}", or --seq-len ${factor}`
  const over = Number((1 / factor).toPrecision(4))
  return `either the batch counts tokens already and needs no factor, or the steps are parts of optimiser steps: give --steps "${steps} / ${over}"`
}
