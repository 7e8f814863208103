/**
 * Where tensors lie. All lanes of a tensor stand side by side, each padded to whole chunks, so that one binding holds them and no
 * more than them. A table too large for a binding is cut by rows, where sums over its rows are cut anyway: no number depends on it.
 *
 * Parameters, gradients and each kind of state have buffers of their own with the same order inside: an element of a
 * parameter has the same place as its gradient and its moments, and one kernel updates all tensors of a buffer.
 */
import { type Buffer, elements, gradientOf, type OpKind, type Training, UnsupportedOperation } from "@ts/program"
import { inLanes, LimitTooSmall } from "./errors.ts"
import { BLOCK_ROWS } from "./kernels/linear.ts"
import { CHUNK } from "./kernels/update.ts"

/** Of the adapter, bytes. */
export interface Limits {
  readonly maxStorageBufferBindingSize: number
  readonly maxBufferSize: number
}

/** A tensor in a GPU buffer; numbers are elements. */
export interface Place {
  readonly buffer: string
  /** Elements are float16, of 2 bytes, instead of float32. */
  readonly half?: true
  readonly offset: number
  /** Of all lanes. */
  readonly size: number
  /** From one lane to the next. */
  readonly stride: number
}

/** Bytes of an element. */
export const bytesEach = ({ half }: Pick<Place, "half">): 2 | 4 => (half === true ? 2 : 4)

/** Floats at whose multiples a binding may begin: 256 bytes. */
export const ALIGNMENT = 64

const upTo = (count: number, multiple: number): number => Math.ceil(count / multiple) * multiple

export const padded = (count: number): number => upTo(count, ALIGNMENT)

/** Consecutive rows (of its first dimension) of a tensor, and where they lie. */
export interface Part {
  readonly place: Place
  readonly firstRow: number
  readonly rows: number
}

export const uncut = (place: Place): readonly Part[] => [{ place, firstRow: 0, rows: 1 }]

/** The place of one that was not cut. */
export const whole = (parts: readonly Part[]): Place => parts[0].place

/** Which of a tensor's `count` elements each part holds. */
export const slices = (parts: readonly Part[], count: number) => {
  const all = parts.reduce((sum, { rows }) => sum + rows, 0)
  return parts.map(({ place, firstRow, rows }) => ({
    place,
    first: (firstRow * count) / all,
    end: ((firstRow + rows) * count) / all,
  }))
}

export interface Layout {
  /** Of a tensor: one, unless it is a table that is too large for a binding. */
  readonly parts: ReadonlyMap<string, readonly Part[]>
  /** Bytes of every buffer. */
  readonly buffers: ReadonlyMap<string, number>
  /**
   * Parts of parameters are numbered, in the order of the parameters; those of their gradients and states have the same numbers.
   * By tensor.
   */
  readonly numbers: ReadonlyMap<string, readonly number[]>
  /** Chunks of one lane, by number of the part. */
  readonly chunks: readonly number[]
  /** The place of consecutive parts of one role; they lie in one buffer as long as `sameBuffer` says so. */
  readonly span: (role: string, first: number, end: number) => Place
  readonly sameBuffer: (first: number, second: number) => boolean
  /**
   * Where the second and later operations that add to one gradient (a table tied to the readout) add up apart, by gradient: so
   * that each sum runs over the blocks of a batch from left to right, however it is cut into calls.
   */
  readonly apart: ReadonlyMap<string, readonly (readonly Part[])[]>
}

const optimisers = ["adamw", "sgd", "signum"] as const satisfies readonly OpKind[]
export type Optimiser = (typeof optimisers)[number]
export const isOptimiser = (kind: OpKind): kind is Optimiser => (optimisers as readonly OpKind[]).includes(kind)

/** The row that the state `slot` of an optimiser lies in. */
export const stateRow = (slot: string): string => `state ${slot}`
/** The row of the average with this decay. */
export const averageRow = (decay: string): string => `average ${decay}`

/** A buffer of its own name for each so many bytes. */
const makeShelf = (name: string, limit: number, buffers: Map<string, number>) => {
  let used = 0
  let count = 1
  return (elements: number): Pick<Place, "buffer" | "offset"> => {
    if (used > 0 && used + 4 * elements > limit) {
      count++
      used = 0
    }
    const buffer = count === 1 ? name : `${name}, ${count}`
    const offset = used / 4
    used += 4 * elements
    buffers.set(buffer, used)
    return { buffer, offset }
  }
}

/** A parameter's place when it is evaluated with averaged weights. */
export const averagedPlace = (place: Place): Place => ({
  ...place,
  buffer: place.buffer.replace(/^parameter/, "averaged"),
})

/** Tables that only operations read and add to which take them part by part. */
const tablesOf = (training: Training): ReadonlySet<string> => {
  const tables = new Set<string>()
  const others = new Set<string>()
  for (const { kind, inputs } of [...training.grad, ...training.evaluate]) {
    const slots = kind === "embed" ? ["table"] : kind === "linear" || kind === "linear_backward" ? ["weight"] : []
    for (const [slot, name] of Object.entries(inputs)) (slots.includes(slot) ? tables : others).add(name)
  }
  for (const name of others) tables.delete(name)
  return tables
}

/** Buffers of parameters, gradients and states by role and parameter. @throws {UnsupportedOperation} */
const rolesOf = (training: Training, parameters: readonly Buffer[]) => {
  const indices = new Map(parameters.map(({ name }, index) => [name, index]))
  const roles = new Map<string, (string | undefined)[]>()
  const placed = new Map<string, { readonly role: string; readonly index: number }>()
  const assign = (kind: OpKind, role: string, index: number, name: string): void => {
    const names = roles.get(role) ?? parameters.map(() => undefined)
    const known = placed.get(name)
    if ((known !== undefined && (known.role !== role || known.index !== index)) || (names[index] ?? name) !== name) {
      const message = `${kind}: "${name}" belongs to two parameters or roles; give each parameter buffers of its own`
      throw new UnsupportedOperation("webgpu", kind, message)
    }
    names[index] = name
    roles.set(role, names)
    placed.set(name, { role, index })
  }
  for (const [name, index] of indices) assign("linear", "parameter", index, name)
  for (const { kind, inputs, outputs, scalars } of training.update) {
    if (isOptimiser(kind)) {
      const index = indices.get(outputs["parameter"])!
      assign(kind, "gradient", index, inputs["gradient"])
      for (const [slot, name] of Object.entries(outputs)) {
        if (slot !== "parameter") assign(kind, stateRow(slot), index, name)
      }
    }
    if (kind === "average") {
      assign(kind, averageRow(scalars["averageDecay"]), indices.get(inputs["parameter"])!, outputs["average"])
    }
  }
  const known = new Set(training.buffers.map(({ name }) => name))
  for (const [name, index] of indices) {
    const gradient = gradientOf(name)
    if (known.has(gradient) && !placed.has(gradient)) assign("linear", "gradient", index, gradient)
  }
  return { roles: [...roles.keys()], placed }
}

/** @throws {UnsupportedOperation | LimitTooSmall} where an update does not go parameter by parameter, or a tensor fits in no way */
export const layOut = (training: Training, lanes: number, limits: Limits): Layout => {
  const parameters = training.buffers.filter(({ storage }) => storage === "parameter")
  const { roles, placed } = rolesOf(training, parameters)
  const most = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize)
  const limit = most === limits.maxBufferSize ? "maxBufferSize" : "maxStorageBufferBindingSize"
  const tables = tablesOf(training)
  /** Rows of each part. */
  const cut = (buffer: Buffer): { readonly rows: number; readonly size: number }[] => {
    const rows = buffer.shape[0]
    const row = elements(buffer) / rows
    const fitting = Math.floor((Math.floor(most / (4 * lanes * CHUNK)) * CHUNK) / row)
    const each = fitting >= rows ? rows : Math.floor(fitting / BLOCK_ROWS) * BLOCK_ROWS
    if (each < rows && (each === 0 || !tables.has(buffer.name))) {
      const bytes = 4 * lanes * upTo(elements(buffer), CHUNK)
      throw new LimitTooSmall(limit, most, buffer.name, bytes, `one tensor${inLanes(lanes, "a smaller model")}`)
    }
    return Array.from({ length: Math.ceil(rows / each) }, (_, i) => {
      const mine = Math.min(each, rows - i * each)
      return { rows: mine, size: upTo(mine * row, CHUNK) }
    })
  }

  const buffers = new Map<string, number>()
  const cuts = parameters.map(cut)
  const sizes = cuts.flatMap((parts) => parts.map(({ size }) => size))
  const numbersOf = cuts.map((parts, index) => {
    const first = cuts.slice(0, index).reduce((sum, { length }) => sum + length, 0)
    return parts.map((_, i) => first + i)
  })
  const shelved = (role: string) => {
    const shelf = makeShelf(role, limits.maxBufferSize, buffers)
    return sizes.map((size) => shelf(size * lanes))
  }
  const held = Object.keys(training.averages).length > 0 ? [...roles, "averaged"] : roles
  const spots = new Map(held.map((role) => [role, shelved(role)]))
  const span = (role: string, first: number, end: number): Place => ({
    ...spots.get(role)![first],
    size: sizes.slice(first, end).reduce((sum, size) => sum + size * lanes, 0),
    stride: 0,
  })
  const partsAt = (index: number, spot: (number: number) => Pick<Place, "buffer" | "offset">): readonly Part[] => {
    let firstRow = 0
    return cuts[index].map(({ rows, size }, i) => {
      const place = { ...spot(numbersOf[index][i]), size: size * lanes, stride: size }
      const part = { place, firstRow, rows }
      firstRow += rows
      return part
    })
  }
  const parts = new Map<string, readonly Part[]>()
  for (const [name, { role, index }] of placed)
    parts.set(
      name,
      partsAt(index, (number) => spots.get(role)![number]),
    )

  const loose = makeShelf("loose", limits.maxBufferSize, buffers)
  const contributions = training.grad.flatMap(({ outputs }) => Object.values(outputs))
  const apart = new Map<string, readonly (readonly Part[])[]>()
  for (const { name, storage } of training.buffers) {
    if (storage !== "gradient") continue
    const more = contributions.filter((each) => each === name).length - 1
    if (more < 1) continue
    const { index } = placed.get(name)!
    const own = () => partsAt(index, (number) => loose(sizes[number] * lanes))
    apart.set(name, Array.from({ length: more }, own))
  }
  for (const buffer of training.buffers) {
    if (buffer.storage === "activation" || placed.has(buffer.name)) continue
    const stride = padded(elements(buffer))
    const place = { ...loose(stride * lanes), size: stride * lanes, stride }
    parts.set(buffer.name, uncut(place))
  }
  return {
    parts,
    buffers,
    numbers: new Map([...placed].map(([name, { index }]) => [name, numbersOf[index]])),
    chunks: sizes.map((size) => size / CHUNK),
    span,
    sameBuffer: (first, second) => spots.get("parameter")![first].buffer === spots.get("parameter")![second].buffer,
    apart,
  }
}

/** Elements of a lane's tensor of activations for so many tokens; float16 is padded to as many bytes as float32. */
export const activationSize = (buffer: Buffer, rows: number, half: boolean): number => {
  return upTo(elements(buffer) * rows, half ? 2 * ALIGNMENT : ALIGNMENT)
}
