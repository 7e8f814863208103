/** Writes a forward program the way a model is read: one call per operation, names of results returned. */
import { ProgramError } from "./errors.ts"
import { definitions } from "./ops/definitions.ts"
import type { Buffer, ForwardKind, Op } from "./Program.ts"
import { outputShapes } from "./shapes.ts"
import { type Forward, type TrainingOptions, training } from "./training.ts"
import { validateSlots } from "./validate.ts"

export interface BuilderOptions {
  /** Tokens in a sequence. */
  readonly sequenceLength: number
  /** Token ids are below this. */
  readonly vocabulary: number
}

/** `out` names the main result; statistics are `<out>.stats`, log-sum-exps `<out>.lse`. */
interface Out {
  readonly out: string
}

/**
 * Every call checks the shapes of what it is given and throws a `ShapeError` or `ProgramError` on the spot.
 * Values of slots are names of buffers; `scale` is the name of a run-time scalar.
 */
export interface Builder {
  /** Declares a parameter; returns its name. */
  readonly parameter: (name: string, shape: readonly number[]) => string
  /** N x [d] from `table` [V, d] and `positions` [S, d]. */
  readonly embed: (
    slots: { readonly table: string; readonly positions?: string; readonly scale: string } & Out,
  ) => string
  /** Layer norm, N x [d]. */
  readonly norm: (
    slots: { readonly x: string; readonly gain?: string; readonly bias?: string; readonly eps: number } & Out,
  ) => string
  /** `scale * (x weight^T + bias) + residual`, N x [out] from `weight` [out, in]. */
  readonly linear: (
    slots: {
      readonly x: string
      readonly weight: string
      readonly bias?: string
      readonly residual?: string
      readonly scale?: string
    } & Out,
  ) => string
  readonly gelu: (slots: { readonly x: string } & Out) => string
  /** N x [3d] (q, k, v). */
  readonly rotary: (slots: { readonly x: string; readonly heads: number; readonly theta: number } & Out) => string
  /** N x [3d] (q, k, v). */
  readonly qkNorm: (
    slots: {
      readonly x: string
      readonly qgain: string
      readonly qbias?: string
      readonly kgain: string
      readonly kbias?: string
      readonly eps: number
    } & Out,
  ) => string
  /** N x [d] from `qkv` N x [3d]. */
  readonly attention: (
    slots: { readonly qkv: string; readonly heads: number; readonly alibi: boolean; readonly scale: string } & Out,
  ) => string
  /** Ends the program: the per-token loss, named `loss`. */
  readonly crossEntropy: (logits: string) => string
  /** The program so far. Fails before `crossEntropy`. */
  readonly forward: () => Forward
  /** Shorthand for `training(forward(), options)`. */
  readonly training: (options: TrainingOptions) => ReturnType<typeof training>
}

/** The main result of each operation: the output that is named by `out`. */
const mainOutput = (kind: ForwardKind): string => (kind === "cross_entropy" ? "loss" : "y")

export const builder = (options: BuilderOptions): Builder => {
  const buffers = new Map<string, Buffer>()
  const ops: Op[] = []
  let loss: string | undefined

  const declare = (buffer: Buffer): void => {
    if (buffers.has(buffer.name)) throw new ProgramError(`buffer "${buffer.name}" is declared twice`)
    buffers.set(buffer.name, buffer)
  }
  const pick = <T>(slots: object, names: readonly { readonly name: string }[]): Record<string, T> =>
    Object.fromEntries(
      names
        .map(({ name }) => [name, (slots as Readonly<Record<string, T | undefined>>)[name]] as const)
        .filter((entry): entry is readonly [string, T] => entry[1] !== undefined),
    )

  const append = (kind: ForwardKind, slots: object & Out): string => {
    if (loss !== undefined) throw new ProgramError("comes after cross_entropy, which ends the program", kind)
    const definition = definitions[kind]
    const main = mainOutput(kind)
    const name = (slot: string) => (slot === main ? slots.out : `${slots.out}.${slot}`)
    const op: Op = {
      kind,
      inputs: pick(slots, definition.inputs),
      outputs: Object.fromEntries(definition.outputs.map((slot) => [slot.name, name(slot.name)])),
      accumulate: [],
      scalars: pick(slots, definition.scalars),
      attributes: pick(slots, definition.attributes),
    }
    validateSlots(op)
    const shapes = outputShapes(op, (buffer) => buffers.get(buffer), options)
    for (const slot of definition.outputs) {
      declare({ name: name(slot.name), storage: "activation", shape: shapes[slot.name], perToken: true })
    }
    ops.push(op)
    return slots.out
  }

  const forward = (): Forward => {
    if (loss === undefined) throw new ProgramError("the program has no loss yet: end it with crossEntropy")
    return { ...options, ops: [...ops], buffers: [...buffers.values()], loss }
  }

  return {
    parameter: (name, shape) => {
      declare({ name, storage: "parameter", shape: [...shape], perToken: false })
      return name
    },
    embed: (slots) => append("embed", slots),
    norm: (slots) => append("norm", slots),
    linear: (slots) => append("linear", slots),
    gelu: (slots) => append("gelu", slots),
    rotary: (slots) => append("rotary", slots),
    qkNorm: (slots) => append("qk_norm", slots),
    attention: (slots) => append("attention", slots),
    crossEntropy: (logits) => {
      loss = append("cross_entropy", { logits, out: "loss" } as Out)
      return loss
    },
    forward,
    training: (training_) => training(forward(), training_),
  }
}
