/**
 * Which column says what. A number field takes a column name or a product that turns its unit into ours, as `"bs * 2048"`, or a plain number that holds for
 * all rows. What is left out is guessed from the names of the columns; a guess is marked as one, and refused where two columns fit.
 */
export interface TableMapping {
  /** Peak learning rate. */
  readonly eta?: string
  /** Tokens; sequences where `seqLen` is given. */
  readonly batch?: string
  /** Tokens in a sequence, column or number: the batch is counted in sequences. */
  readonly seqLen?: string
  /** Horizon, tokens; `steps` and `batch` in it mean what is mapped so. Steps times batch where nothing names it. */
  readonly tokens?: string
  /** Nats per token. */
  readonly loss?: string
  /** Parameters. */
  readonly size?: string
  readonly width?: string
  readonly seed?: string
  /** Optimiser steps up to the reading. */
  readonly steps?: string
  readonly warmupSteps?: string
  readonly initialLoss?: string
  /** A column: which weights were read, as `ewa:0.99`. */
  readonly average?: string
  /** A column: the run, where one is read at several horizons. */
  readonly runId?: string
  /** A column: finished, diverged, pruned, or that the run did not get to its end. */
  readonly status?: string
  /** Pattern of the run's name, as `"lr{eta}-bs{batch}"`: adds columns `eta` and `batch` with the numbers found there. `*` stands for anything. */
  readonly names?: string
}

export const numberFields = [
  "eta",
  "batch",
  "tokens",
  "loss",
  "size",
  "width",
  "seed",
  "steps",
  "warmupSteps",
  "initialLoss",
] as const
export type NumberField = (typeof numberFields)[number]

/** Fields that count something: their cells may have a suffix, as `512k`. */
export const countFields: ReadonlySet<NumberField> = new Set(["batch", "tokens", "size", "steps", "warmupSteps"])

export const textFields = ["average", "runId", "status"] as const
export type TextField = (typeof textFields)[number]

export type Field = NumberField | TextField

/** A field that nobody mapped and a name gave away. */
export interface Guess {
  readonly field: Field
  /** Column, or product that turns its unit into ours. */
  readonly expression: string
  /** Why this column. */
  readonly reason: string
}
