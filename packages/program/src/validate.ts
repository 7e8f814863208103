/** Whether a `Training` is well formed: what a device may take for granted once this has passed. */
import { ProgramError } from "./errors.ts"
import type { Slot } from "./ops/Definition.ts"
import { definitions } from "./ops/definitions.ts"
import { type Buffer, type Op, opKinds, type Storage, type Training } from "./Program.ts"
import { sizesOf } from "./shapes.ts"

const checkSlots = (
  op: Op,
  what: string,
  slots: readonly { readonly name: string; readonly optional?: boolean }[],
  bound: Readonly<Record<string, unknown>>,
): void => {
  for (const { name, optional } of slots) {
    if (!optional && bound[name] === undefined) throw new ProgramError(`${what} "${name}" is missing`, op.kind)
  }
  for (const name of Object.keys(bound)) {
    if (slots.some((slot) => slot.name === name)) continue
    const known = slots.map((slot) => slot.name).join(", ") || "none"
    throw new ProgramError(`has no ${what} "${name}"; there are: ${known}`, op.kind)
  }
}

/** Slots, attributes and accumulation of one operation, apart from shapes. */
export const validateSlots = (op: Op): void => {
  if (!(opKinds as readonly string[]).includes(op.kind)) throw new ProgramError(`unknown operation "${op.kind}"`)
  const definition = definitions[op.kind]
  const inputs = definition.variadic ? Object.keys(op.inputs).map((_, i) => ({ name: String(i) })) : definition.inputs
  checkSlots(op, "input", inputs, op.inputs)
  checkSlots(op, "output", definition.outputs, op.outputs)
  checkSlots(op, "scalar", definition.scalars, op.scalars)
  checkSlots(op, "attribute", definition.attributes, op.attributes)
  for (const { name, type } of definition.attributes) {
    const value = op.attributes[name]
    if (typeof value !== type || Number.isNaN(value)) {
      throw new ProgramError(`attribute "${name}" must be a ${type}, not ${value}`, op.kind)
    }
  }
  for (const slot of op.accumulate) {
    const output = definition.outputs.find(({ name }) => name === slot)
    if (output === undefined || output.adds === "never") throw new ProgramError(`"${slot}" cannot add`, op.kind)
  }
}

const addsTo = (op: Op, slot: Slot): boolean => slot.adds === "always" || op.accumulate.includes(slot.name)

/** Activations are written before they are read; nothing but gradients and activations is written. */
const checkFlow = (ops: readonly Op[], look: (name: string) => Buffer, writable: readonly Storage[]): void => {
  const written = new Set<string>()
  for (const op of ops) {
    const need = (name: string) => {
      if (look(name).storage === "activation" && !written.has(name)) {
        throw new ProgramError(`reads activation "${name}" before anything has written it`, op.kind)
      }
    }
    for (const name of Object.values(op.inputs)) need(name)
    for (const slot of definitions[op.kind].outputs) {
      const name = op.outputs[slot.name]
      if (name === undefined) continue
      if (!writable.includes(look(name).storage)) {
        throw new ProgramError(`must not write ${look(name).storage} "${name}" here`, op.kind)
      }
      if (addsTo(op, slot)) need(name)
      written.add(name)
    }
  }
}

const checkSize = (name: string, value: number): void => {
  if (!Number.isInteger(value) || value < 1) throw new ProgramError(`${name} must be a positive integer, not ${value}`)
}

/** @throws {ProgramError | ShapeError} naming the operation and what is wrong with it */
export const validate = (training: Training): void => {
  checkSize("sequenceLength", training.sequenceLength)
  checkSize("vocabulary", training.vocabulary)
  const buffers = new Map<string, Buffer>()
  for (const buffer of training.buffers) {
    if (buffers.has(buffer.name)) throw new ProgramError(`two buffers are named "${buffer.name}"`)
    for (const size of buffer.shape) checkSize(`every size of buffer "${buffer.name}"`, size)
    if (buffer.perToken !== (buffer.storage === "activation")) {
      throw new ProgramError(`buffer "${buffer.name}": activations are per token, and nothing else is`)
    }
    buffers.set(buffer.name, buffer)
  }
  const look = (name: string): Buffer => {
    const buffer = buffers.get(name)
    if (buffer === undefined) throw new ProgramError(`unknown buffer "${name}"`)
    return buffer
  }
  const scalars = new Set(training.scalars)
  for (const op of [...training.grad, ...training.update, ...training.evaluate]) {
    validateSlots(op)
    sizesOf(op, (name) => buffers.get(name), training)
    const unknown = Object.values(op.scalars).find((name) => !scalars.has(name))
    if (unknown !== undefined) throw new ProgramError(`scalar "${unknown}" is not declared`, op.kind)
  }
  for (const name of training.stepScalars) {
    if (!scalars.has(name)) throw new ProgramError(`step scalar "${name}" is not declared`)
  }
  checkFlow(training.grad, look, ["activation", "gradient"])
  checkFlow(training.evaluate, look, ["activation"])
  checkFlow(training.update, look, ["parameter", "state"])
  for (const program of ["grad", "evaluate"] as const) {
    if (!training[program].some((op) => op.kind === "cross_entropy" && op.outputs["loss"] === training.loss)) {
      throw new ProgramError(`nothing in ${program} writes the loss "${training.loss}"`)
    }
  }
  if (!training.update.some((op) => op.kind === "global_norm" && op.outputs["norm"] === training.norm)) {
    throw new ProgramError(`nothing in update writes the norm "${training.norm}"`)
  }
  for (const [average, members] of Object.entries(training.averages)) {
    for (const [parameter, state] of Object.entries(members)) {
      if (look(parameter).storage === "parameter" && look(state).shape.join() === look(parameter).shape.join()) continue
      throw new ProgramError(`average "${average}": "${state}" does not hold an average of parameter "${parameter}"`)
    }
  }
}
