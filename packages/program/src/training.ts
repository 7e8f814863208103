import { differentiate } from "./gradient.ts"
import type { Buffer, Op, Training } from "./Program.ts"
import { type OptimizerKind, updateProgram } from "./update.ts"
import { validate } from "./validate.ts"

/** A forward program that ends in `cross_entropy`; what `builder` makes. */
export interface Forward {
  readonly ops: readonly Op[]
  /** Parameters and activations, in the order of their declaration. */
  readonly buffers: readonly Buffer[]
  /** Per-token loss buffer. */
  readonly loss: string
  /** Tokens in a sequence. */
  readonly sequenceLength: number
  readonly vocabulary: number
}

export interface TrainingOptions {
  readonly optimizer: OptimizerKind
  /** Names of the weight averages to keep; none by default. */
  readonly averages?: readonly string[]
}

/**
 * Forward, its gradient and the update as one `Training`. The names of scalars and state are in `updateProgram`.
 * @throws {ProgramError | ShapeError} when the program is malformed
 */
export const training = (forward: Forward, { optimizer, averages = [] }: TrainingOptions): Training => {
  const parameters = forward.buffers.filter(({ storage }) => storage === "parameter")
  const backward = differentiate(forward.ops, forward.buffers)
  const update = updateProgram({ parameters, optimizer, averages })
  const grad = [...forward.ops, ...backward.ops]
  const scalars = new Set([...grad, ...update.ops].flatMap(({ scalars }) => Object.values(scalars)))
  const result: Training = {
    buffers: [...forward.buffers, ...backward.buffers, ...update.buffers],
    grad,
    update: update.ops,
    evaluate: forward.ops,
    scalars: [...scalars],
    stepScalars: update.stepScalars,
    loss: forward.loss,
    norm: update.norm,
    averages: update.averages,
    sequenceLength: forward.sequenceLength,
    vocabulary: forward.vocabulary,
  }
  validate(result)
  return result
}
