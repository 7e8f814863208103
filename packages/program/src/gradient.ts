/**
 * Reverse mode over a straight-line program: the forward list walked backwards with each operation's rule.
 */
import { ProgramError } from "./errors.ts"
import { definitions } from "./ops/definitions.ts"
import { type Buffer, gradientOf, type Op } from "./Program.ts"

export interface Gradient {
  /** Backward operations, to follow the forward ones. */
  readonly ops: readonly Op[]
  /** Gradients: of activations (`perToken` activations) and of parameters (storage `gradient`). */
  readonly buffers: readonly Buffer[]
  /**
   * The buffer that holds the gradient of a parameter or activation. An activation's is `grad:<name>`, but for
   * the residual of a `linear`, which has the buffer of the linear's output.
   */
  readonly gradients: Readonly<Record<string, string>>
}

/**
 * Differentiates the sum of token losses. Gradients of parameters always accumulate; an activation's first
 * contribution overwrites and later ones accumulate.
 *
 * @param forward each activation is written once; `cross_entropy` is the root
 * @throws {ProgramError} when an operation does not reach the loss, or a residual is read again further on
 */
export const differentiate = (forward: readonly Op[], buffers: readonly Buffer[]): Gradient => {
  const known = new Map(buffers.map((buffer) => [buffer.name, buffer]))
  const ops: Op[] = []
  const created = new Map<string, Buffer>()
  const gradients = new Map<string, string>()
  /** Gradient buffers of activations that hold a contribution. */
  const written = new Set<string>()

  const gradient = (name: string): string => {
    const existing = gradients.get(name)
    if (existing !== undefined) return existing
    const buffer = known.get(name)
    if (buffer === undefined) throw new ProgramError(`unknown buffer "${name}"`)
    const mine = gradientOf(name)
    gradients.set(name, mine)
    const storage = buffer.storage === "parameter" ? "gradient" : "activation"
    created.set(mine, { name: mine, storage, shape: buffer.shape, perToken: buffer.perToken })
    return mine
  }

  const outputs = forward.flatMap((op) => Object.values(op.outputs))
  const twice = outputs.find((name, index) => outputs.indexOf(name) !== index)
  if (twice !== undefined) throw new ProgramError(`buffer "${twice}" is written twice; give each result its own name`)

  for (const op of forward.toReversed()) {
    const { y, residual } = { ...op.inputs, ...op.outputs }
    const rule = definitions[op.kind].gradient
    if (rule === undefined) throw new ProgramError("has no gradient", op.kind)
    if (y !== undefined && !gradients.has(y)) {
      throw new ProgramError(`its result "${y}" does not reach the loss`, op.kind)
    }
    if (residual !== undefined && (gradients.has(residual) || residual === op.inputs["x"])) {
      throw new ProgramError(
        `residual "${residual}" must not be read by a later operation nor be the input "x": ` +
          "its gradient shares the buffer of the output's",
        op.kind,
      )
    }
    const backward = rule(op, gradient)
    const accumulate: string[] = []
    for (const [slot, buffer] of Object.entries(backward.outputs)) {
      if (created.get(buffer)?.storage === "gradient" || written.has(buffer)) accumulate.push(slot)
      written.add(buffer)
    }
    ops.push({ ...backward, accumulate })
    if (residual !== undefined) gradients.set(residual, gradients.get(y)!)
  }
  return { ops, buffers: [...created.values()], gradients: Object.fromEntries(gradients) }
}
