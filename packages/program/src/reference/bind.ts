/** Operations tied to memory: a list of these is what the reference device replays. */
import { ProgramError } from "../errors.ts"
import type { LoopArguments, Values } from "../ops/Definition.ts"
import { definitions } from "../ops/definitions.ts"
import type { Op } from "../Program.ts"

/** The ids of the sequence at work; the loops see what it holds when they run. */
export interface Batch {
  ids: Int32Array
  targets: Int32Array
}

export interface Binding {
  readonly memory: (buffer: string) => Values
  readonly scalar: (name: string) => number
  readonly batch: Batch
  readonly sequenceLength: number
}

/** One sequence at a time: `rows` is the sequence length. */
export const bind = (op: Op, { memory, scalar, batch, sequenceLength }: Binding): (() => void) => {
  const definition = definitions[op.kind]
  const resolve = (slots: Readonly<Record<string, string>>): Record<string, Values> =>
    Object.fromEntries(Object.entries(slots).map(([slot, name]) => [slot, memory(name)]))
  const scalars = Object.entries(op.scalars)
  const values: Record<string, number> = {}
  const call: LoopArguments = {
    rows: sequenceLength,
    sequenceLength,
    input: resolve(op.inputs),
    output: resolve(op.outputs),
    adds: Object.fromEntries(
      definition.outputs.map(({ name, adds }) => [name, adds === "always" || op.accumulate.includes(name)]),
    ),
    scalar: values,
    attribute: op.attributes,
    batch,
  }
  return () => {
    for (const [slot, name] of scalars) values[slot] = scalar(name)
    definition.loop(call)
  }
}

/** The operation that computes the global norm, which `measure` replays on its own. */
export const normOp = (update: readonly Op[]): Op => {
  const op = update.find(({ kind }) => kind === "global_norm")
  if (op === undefined) throw new ProgramError("the update program has no global_norm")
  return op
}
