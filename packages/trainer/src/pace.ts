/**
 * How much work one call to the device may hold, so that it ends within the chunk time and the program stays responsive.
 * The first guess is cautious (one block, unless the device knows its speed); later ones follow what was measured.
 */
export interface Pace {
  /** Sequences for the next chunk. */
  readonly sequences: () => number
  readonly measured: (sequences: number, millis: number) => void
}

export interface PaceOptions {
  /** Wall time that a chunk should take, milliseconds. */
  readonly chunkMillis: number
  /** Sequences that the device sums as one: a chunk holds whole blocks, and the first just one where nothing is known. */
  readonly block: number
  /** Expected of one sequence, all lanes together; absent where unknown. */
  readonly expectedMillis?: number | undefined
}

/** A chunk holds at most this many times the one before: one lucky measurement must not make a chunk of minutes. */
const GROWTH = 4
/** Less is no measurement of a device. */
const LEAST_MILLIS = 0.5

export const makePace = ({ chunkMillis, block, expectedMillis }: PaceOptions): Pace => {
  // Half of what a device promises: a guess must err on the short side.
  let next = expectedMillis === undefined ? block : chunkMillis / expectedMillis / 2
  return {
    sequences: () => Math.max(1, Math.floor(next / block)) * block,
    measured: (sequences, millis) => {
      next = Math.min(GROWTH * sequences, (chunkMillis * sequences) / Math.max(millis, LEAST_MILLIS))
    },
  }
}
