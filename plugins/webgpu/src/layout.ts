/**
 * Where tensors lie. All lanes of a tensor stand side by side, each padded to whole chunks, so that one binding holds them and no
 * more than them.
 *
 * Parameters, gradients and each kind of state have a buffer of their own with the same order inside: an element of a
 * parameter has the same place as its gradient and its moments, and one kernel updates all tensors.
 */
import { type Buffer, elements, gradientOf, type OpKind, type Training, UnsupportedOperation } from "@ts/program"
import { CHUNK } from "./kernels/update.ts"

/** A tensor in a GPU buffer, in floats. */
export interface Place {
  readonly buffer: string
  readonly offset: number
  /** Of all lanes. */
  readonly size: number
  /** From one lane to the next. */
  readonly stride: number
}

export const padded = (count: number): number => Math.ceil(count / CHUNK) * CHUNK

/** Tensors of one role, in the order of the parameters they belong to. */
export interface Row {
  readonly buffer: string
  /** Names by the parameter's number; undefined where the role has no such tensor. */
  readonly names: (string | undefined)[]
}

export interface Layout {
  readonly places: ReadonlyMap<string, Place>
  /** Floats of every buffer. */
  readonly buffers: ReadonlyMap<string, number>
  /** Chunks of one lane, by number of the parameter. */
  readonly chunks: readonly number[]
  /** The part of a row's buffer that holds consecutive parameters' tensors. */
  readonly span: (buffer: string, first: number, end: number) => Place
  readonly numbers: ReadonlyMap<string, number>
  /**
   * Where the second and later operations that add to one gradient (a table tied to the readout) add up apart, by gradient: so
   * that each sum runs over the blocks of a batch from left to right, however it is cut into calls.
   */
  readonly apart: ReadonlyMap<string, readonly Place[]>
}

export const optimisers = ["adamw", "sgd", "signum"] as const satisfies readonly OpKind[]
export type Optimiser = (typeof optimisers)[number]
export const isOptimiser = (kind: OpKind): kind is Optimiser => (optimisers as readonly OpKind[]).includes(kind)

/** The row that the state `slot` of an optimiser lies in. */
export const stateRow = (slot: string): string => `state ${slot}`
/** The row of the average with this decay. */
export const averageRow = (decay: string): string => `average ${decay}`

/** @throws {UnsupportedOperation} where an update does not go parameter by parameter */
export const layOut = (training: Training, lanes: number): Layout => {
  const parameters = training.buffers.filter(({ storage }) => storage === "parameter")
  const numbers = new Map(parameters.map(({ name }, number) => [name, number]))
  const rows = new Map<string, (string | undefined)[]>()
  const placed = new Map<string, { readonly row: string; readonly number: number }>()
  const assign = (kind: OpKind, row: string, number: number, name: string): void => {
    const names = rows.get(row) ?? parameters.map(() => undefined)
    const known = placed.get(name)
    if ((known !== undefined && (known.row !== row || known.number !== number)) || (names[number] ?? name) !== name) {
      const message = `${kind}: "${name}" belongs to two parameters or roles; give each parameter buffers of its own`
      throw new UnsupportedOperation("webgpu", kind, message)
    }
    names[number] = name
    rows.set(row, names)
    placed.set(name, { row, number })
  }
  for (const [name, number] of numbers) assign("linear", "parameter", number, name)
  for (const { kind, inputs, outputs, scalars } of training.update) {
    if (isOptimiser(kind)) {
      const number = numbers.get(outputs["parameter"])!
      assign(kind, "gradient", number, inputs["gradient"])
      for (const [slot, name] of Object.entries(outputs)) {
        if (slot !== "parameter") assign(kind, stateRow(slot), number, name)
      }
    }
    if (kind === "average") {
      assign(kind, averageRow(scalars["averageDecay"]), numbers.get(inputs["parameter"])!, outputs["average"])
    }
  }
  const known = new Set(training.buffers.map(({ name }) => name))
  for (const [name, number] of numbers) {
    const gradient = gradientOf(name)
    if (known.has(gradient) && !placed.has(gradient)) assign("linear", "gradient", number, gradient)
  }

  const chunks = parameters.map((parameter) => padded(elements(parameter)) / CHUNK)
  const starts = [0]
  for (const count of chunks) starts.push(starts.at(-1)! + CHUNK * count)
  const total = starts.at(-1)! * lanes
  const span = (buffer: string, first: number, end: number): Place => ({
    buffer,
    offset: starts[first] * lanes,
    size: (starts[end] - starts[first]) * lanes,
    stride: 0,
  })
  const places = new Map<string, Place>()
  for (const [name, { row, number }] of placed) {
    places.set(name, { ...span(row, number, number + 1), stride: CHUNK * chunks[number] })
  }
  const buffers = new Map([...rows.keys()].map((row) => [row, total]))
  if (Object.keys(training.averages).length > 0) buffers.set("averaged", total)
  const contributions = training.grad.flatMap(({ outputs }) => Object.values(outputs))
  let loose = 0
  const apart = new Map<string, readonly Place[]>()
  for (const { name, storage } of training.buffers) {
    if (storage !== "gradient") continue
    const more = contributions.filter((each) => each === name).length - 1
    if (more < 1) continue
    const like = places.get(name)!
    const own = Array.from({ length: more }, (_, i) => ({ ...like, buffer: "loose", offset: loose + i * like.size }))
    apart.set(name, own)
    loose += more * like.size
  }
  for (const buffer of training.buffers) {
    if (buffer.storage === "activation" || placed.has(buffer.name)) continue
    const stride = padded(elements(buffer))
    places.set(buffer.name, { buffer: "loose", offset: loose, size: stride * lanes, stride })
    loose += stride * lanes
  }
  buffers.set("loose", Math.max(loose, CHUNK))
  return { places, buffers, chunks, span, numbers, apart }
}

/** Rows of a tensor of activations for so many tokens. */
export const activationFloats = (buffer: Buffer, rows: number): number => padded(elements(buffer) * rows)
