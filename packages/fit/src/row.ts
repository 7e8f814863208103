/** How a run ended, as far as this reading knows. `diverged` is a result; `pruned` was stopped on purpose. */
export type Status = "finished" | "diverged" | "pruned"

/** Where a reading comes from. `synthetic` marks losses that were drawn, not trained. */
export interface Provenance {
  readonly backend?: string
  readonly numericsId?: string
  readonly synthetic?: boolean
  readonly source?: string
}

/**
 * One reading: the validation loss of one run at one horizon.
 *
 * Several readings of one trunk share its `runId`; their errors are not independent.
 * All positions and batch sizes are in tokens, losses in nats per token.
 */
export interface Row {
  /** Identity of the trunk this reading belongs to. */
  readonly runId: string
  readonly seed: number
  /** T: the horizon of this reading, tokens. */
  readonly tokens: number
  /** B, tokens. */
  readonly batch: number
  /** Peak learning rate. */
  readonly eta: number
  /** d_model; 0 where unknown. */
  readonly width: number
  /** Which weights were read: `"none"` for the raw ones, else the average, as `"ewa:0.99"`. */
  readonly average: string
  /** Nats per token. NaN and Infinity are allowed where the run diverged. */
  readonly loss: number
  readonly status: Status
  /** Optimiser steps up to this reading. */
  readonly steps?: number
  /** Steps inside the warmup. A cell with fewer than 64 steps after it counts as not measured. */
  readonly warmupSteps?: number
  /** Parameters of the model, where known. */
  readonly size?: number
  /** Loss at initialisation, where known; a loss above it means divergence. */
  readonly initialLoss?: number
  readonly provenance: Provenance
}

/** A row as people write it: what is not said takes its plain meaning, and each reading is a run of its own. */
export type RowLike = Pick<Row, "tokens" | "batch" | "eta" | "loss"> & Partial<Row>

/** Fills in what a row leaves out: seed 0, unknown width, raw weights, finished. */
export const completeRow = (row: RowLike, index: number): Row => ({
  ...row,
  runId: row.runId ?? `row ${index}`,
  seed: row.seed ?? 0,
  width: row.width ?? 0,
  average: row.average ?? "none",
  status: row.status ?? "finished",
  provenance: row.provenance ?? {},
})
