/** What an adaptive study may train: lines of trunks that differ in nothing but the learning rate and the seed. */
import { fewestSteps, type Row } from "@ts/fit"

export interface Line {
  /** Tokens. */
  readonly batch: number
  /** Where the loss may be read, tokens, ascending. One for each line where the schedule ends. */
  readonly horizons: ReadonlyArray<number>
  /** Tokens of warmup. */
  readonly warmup: number
  /** First guess of eta*, log2; a study that knows nothing better states one for all. */
  readonly start: number
}

/** A trunk of a line, trained up to some token. */
export interface Trunk {
  /** Position among the lines. */
  readonly line: number
  readonly eta: number
  readonly seed: number
  /** Tokens. */
  readonly until: number
}

/** A stored reading and the line that it belongs to. */
export interface Reading {
  readonly line: number
  readonly row: Row
}

/** Whether a cell has the steps after warmup that an optimum needs. */
export const measurable = ({ batch, warmup }: Line, tokens: number): boolean => (tokens - warmup) / batch >= fewestSteps

/** Names a trunk of a model. */
export const trunkKey = ({ line, eta, seed }: Pick<Trunk, "line" | "eta" | "seed">): string => `${line} ${eta} ${seed}`
