/** The one interpreter of shape patterns: every buffer of an operation must agree on the named dimensions. */
import { ProgramError, ShapeError } from "./errors.ts"
import type { Pattern, Sizes, Slot } from "./ops/Definition.ts"
import { definitions } from "./ops/definitions.ts"
import { type Buffer, elements, type Op } from "./Program.ts"

export interface Context {
  /** Tokens in a sequence. */
  readonly sequenceLength: number
  readonly vocabulary: number
}

/** A mutable set of sizes; `from` remembers which slot gave a size, for the message. */
interface Bindings {
  readonly sizes: Record<string, number>
  readonly from: Record<string, string>
  any: readonly number[] | undefined
}

const parse = (dimension: string): { factor: number; name: string } => {
  const [, factor, name] = /^(\d*)(\w+)$/.exec(dimension)!
  return { factor: factor === "" ? 1 : Number(factor), name }
}

const show = (perToken: boolean, shape: readonly (number | string)[]): string =>
  `${perToken ? "N x " : ""}[${shape.join(", ")}]`

/** Sizes known before any buffer is looked at. */
const begin = (op: Op, context: Context): Bindings => {
  const sizes: Record<string, number> = { S: context.sequenceLength, V: context.vocabulary }
  const from: Record<string, string> = { S: "the sequence length", V: "the vocabulary" }
  for (const [name, value] of Object.entries(op.attributes)) {
    if (typeof value !== "number") continue
    sizes[name] = value
    from[name] = `the attribute ${name}`
  }
  return { sizes, from, any: undefined }
}

const unify = (op: Op, slot: Slot, buffer: Buffer, bindings: Bindings): void => {
  const fail = (why: string) => {
    throw new ShapeError(
      op.kind,
      slot.name,
      buffer.name,
      `buffer "${buffer.name}" has shape ${show(buffer.perToken, buffer.shape)}, ` +
        `but slot "${slot.name}" takes ${show(slot.perToken, slot.shape)}${why}`,
    )
  }
  if (buffer.perToken !== slot.perToken) fail("")
  if (slot.shape[0] === "*") {
    bindings.any ??= buffer.shape
    bindings.sizes["*"] = elements(buffer)
    if (bindings.any.join() !== buffer.shape.join()) fail(`, where the others are [${bindings.any.join(", ")}]`)
    return
  }
  if (buffer.shape.length !== slot.shape.length) fail("")
  slot.shape.forEach((dimension, axis) => {
    const size = buffer.shape[axis]
    if (typeof dimension === "number") {
      if (size !== dimension) fail("")
      return
    }
    const { factor, name } = parse(dimension)
    if (size % factor !== 0) fail(`, and ${size} is no multiple of ${factor}`)
    const known = bindings.sizes[name]
    if (known === undefined) {
      bindings.sizes[name] = size / factor
      bindings.from[name] = `buffer "${buffer.name}"`
    } else if (known !== size / factor) fail(` with ${name} = ${known} from ${bindings.from[name]}`)
  })
}

export type Lookup = (buffer: string) => Buffer | undefined

const bindSlots = (
  op: Op,
  slots: readonly Slot[],
  bound: Readonly<Record<string, string>>,
  look: Lookup,
  bindings: Bindings,
): void => {
  for (const slot of slots) {
    const name = bound[slot.name]
    if (name === undefined) continue
    const buffer = look(name)
    if (buffer === undefined) throw new ProgramError(`slot "${slot.name}" names an unknown buffer "${name}"`, op.kind)
    unify(op, slot, buffer, bindings)
  }
}

const constrain = (op: Op, sizes: Sizes): void => {
  const complaint = definitions[op.kind].constraint(sizes)
  if (complaint === undefined) return
  const slot = definitions[op.kind].inputs[0].name
  throw new ShapeError(op.kind, slot, op.inputs[slot], complaint)
}

/**
 * Sizes of an operation by dimension name; N, the number of tokens, is the caller's to add.
 * @throws {ShapeError} naming the operation, the buffer and both shapes
 */
export const sizesOf = (op: Op, look: Lookup, context: Context): Sizes => {
  const definition = definitions[op.kind]
  const bindings = begin(op, context)
  bindSlots(op, definition.inputs, op.inputs, look, bindings)
  bindSlots(op, definition.outputs, op.outputs, look, bindings)
  if (definition.variadic) {
    bindings.sizes["elements"] = Object.values(op.inputs).reduce((sum, name) => {
      const buffer = look(name)
      if (buffer === undefined || buffer.perToken) {
        throw new ProgramError(`input "${name}" is not a known buffer of fixed size`, op.kind)
      }
      return sum + elements(buffer)
    }, 0)
  }
  constrain(op, bindings.sizes)
  return bindings.sizes
}

/** The shapes that an operation's inputs give its outputs, by output slot. */
export const outputShapes = (op: Op, look: Lookup, context: Context): Readonly<Record<string, number[]>> => {
  const definition = definitions[op.kind]
  const bindings = begin(op, context)
  bindSlots(op, definition.inputs, op.inputs, look, bindings)
  constrain(op, bindings.sizes)
  return Object.fromEntries(definition.outputs.map((slot) => [slot.name, concrete(slot, bindings.sizes)]))
}

const concrete = (pattern: Pattern, sizes: Sizes): number[] =>
  pattern.shape.map((dimension) => {
    if (typeof dimension === "number") return dimension
    const { factor, name } = parse(dimension)
    return factor * sizes[name]
  })
