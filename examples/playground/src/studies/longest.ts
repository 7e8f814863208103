/** How long the longest run of a study is: what it costs, and how far it sees. */

import type { Dial } from "./Preset.ts"
import { tokenCount } from "./tokenCount.ts"

/** Horizons of a study: so many, each twice the one before. */
const HORIZONS = 5

/** Values are log2 of tokens. */
export const longestDial = (from: number, to: number, initial: number): Dial => ({
  name: "longest",
  label: "Longest run, tokens",
  from,
  to,
  step: 1,
  initial: Math.min(to, initial),
  text: (value) => tokenCount(2 ** value),
})

export const horizonsTo = (longest: number): [number, ...Array<number>] =>
  Array.from({ length: HORIZONS }, (_, i) => 2 ** (longest - HORIZONS + 1 + i)) as [number, ...Array<number>]

/** Batches of a study: so many, each twice the one before, so that a longer run takes no more steps, but larger ones. */
export const batchesFor = (longest: number, steps: number, least: number): [number, ...Array<number>] =>
  Array.from({ length: HORIZONS }, (_, i) => 2 ** (Math.max(least, longest - steps) + i)) as [number, ...Array<number>]

/** About where to look for the best rate: it falls by a quarter of an octave with each doubling of what is trained. */
export const rateFor = (longest: number, known: number, at: number): number => known * 2 ** ((at - longest) / 4)

/** Tokens of a validation set: a short run is soon read. */
export const validationFor = (longest: number): number => 2 ** Math.min(13, longest - 2)
