/** What a device has to hold and be told for each optimiser, so that buffers and run-time scalars can be laid out as data. */
export interface OptimizerLayout {
  /** State tensors per parameter, each of the parameter's shape, all starting at 0. */
  readonly state: ReadonlyArray<string>
  /**
   * Scalars of one step: `eta` the learning rate, `decay` the fraction taken by weight decay (`decayFraction`),
   * `correction1` and `correction2` the bias corrections of the moments (`biasCorrection`).
   */
  readonly scalars: ReadonlyArray<string>
}

export const optimizers = {
  adamw: { state: ["m", "v"], scalars: ["eta", "decay", "beta1", "beta2", "eps", "correction1", "correction2"] },
  sgd: { state: ["momentum"], scalars: ["eta", "decay", "momentum"] },
  signum: { state: ["momentum"], scalars: ["eta", "decay", "momentum"] },
} as const satisfies Readonly<Record<string, OptimizerLayout>>

export type OptimizerKind = keyof typeof optimizers
