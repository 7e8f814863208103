/** What a call of a program costs: arithmetic and memory traffic, before any device has fused anything. */
import type { Slot } from "./ops/Definition.ts"
import { definitions } from "./ops/definitions.ts"
import { elements, type Op, type Training } from "./Program.ts"
import { sizesOf } from "./shapes.ts"

export interface Cost {
  /** Floating-point operations; a multiply-add is two, a transcendental function one. */
  readonly flops: number
  /** Bytes read and written if every operation goes to memory and back; adding counts twice. */
  readonly bytes: number
}

export interface CostOptions {
  /** Tokens of the micro-batch; the update's cost does not depend on it. */
  readonly rows: number
  /** 4 by default. */
  readonly bytesPerElement?: number
}

type Shaped = Pick<Training, "buffers" | "sequenceLength" | "vocabulary">

/** The cost of one operation. */
export const costOf = (op: Op, program: Shaped, { rows, bytesPerElement = 4 }: CostOptions): Cost => {
  const buffers = new Map(program.buffers.map((buffer) => [buffer.name, buffer]))
  return measure(op, (name) => buffers.get(name), program, rows, bytesPerElement)
}

/** The cost of a list of operations of a training program: `grad`, `update` or `evaluate`. */
export const cost = (ops: readonly Op[], program: Shaped, { rows, bytesPerElement = 4 }: CostOptions): Cost => {
  const buffers = new Map(program.buffers.map((buffer) => [buffer.name, buffer]))
  let flops = 0
  let bytes = 0
  for (const op of ops) {
    const one = measure(op, (name) => buffers.get(name), program, rows, bytesPerElement)
    flops += one.flops
    bytes += one.bytes
  }
  return { flops, bytes }
}

const measure = (
  op: Op,
  look: Parameters<typeof sizesOf>[1],
  program: Shaped,
  rows: number,
  bytesPerElement: number,
): Cost => {
  const definition = definitions[op.kind]
  const sizes = { ...sizesOf(op, look, program), N: rows }
  const touched = (slot: string, name: string): number => {
    const buffer = look(name)!
    return definition.touched[slot]?.(sizes) ?? elements(buffer) * (buffer.perToken ? rows : 1)
  }
  // Gradients are added to, and what an update writes (any shape) it has read before.
  const passes = ({ name, adds, shape }: Slot) =>
    adds === "always" || op.accumulate.includes(name) || shape[0] === "*" ? 2 : 1
  let traffic = 0
  for (const [slot, name] of Object.entries(op.inputs)) traffic += touched(slot, name)
  for (const slot of definition.outputs) {
    const name = op.outputs[slot.name]
    if (name !== undefined) traffic += passes(slot) * touched(slot.name, name)
  }
  return { flops: definition.flops(sizes), bytes: traffic * bytesPerElement }
}
