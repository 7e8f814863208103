/**
 * Flattens a `Training` into two arrays that the addon reads once, in the order written here (native/plan.cc).
 *
 * Slots of an operation are addressed by their place in its definition in @ts/program; an absent one is -1.
 */
import {
  alibiSlopes,
  type Buffer,
  definitions,
  elements,
  type Op,
  opKinds,
  planMemory,
  type Storage,
  type Training,
} from "@ts/program"

/** Floats that every tensor is padded to; see kAlign in native/block.h. */
const alignment = 16
const padded = (count: number): number => Math.ceil(count / alignment) * alignment

/** The order of `Storage` in native/program.h, and of buffers in a lane's memory. */
const storages: readonly Storage[] = ["parameter", "gradient", "state", "activation"]

export interface PlanOptions {
  readonly training: Training
  /** Sequences whose activations exist at a time. */
  readonly blockSequences: number
  /** Most sequences in one call. */
  readonly microBatch: number
  readonly keep: readonly string[]
}

export interface Plan {
  readonly integers: Int32Array
  readonly reals: Float64Array
  /** Index of a buffer, by name. */
  readonly buffers: ReadonlyMap<string, number>
  readonly scalars: ReadonlyMap<string, number>
  readonly averages: ReadonlyMap<string, number>
}

/** Floats from one feature of a block to the next: an odd multiple of 16 where rows are long, against cache aliasing. */
const strideOf = (tokens: number): number => {
  const columns = padded(tokens)
  return columns <= 64 || (columns / alignment) % 2 === 1 ? columns : columns + alignment
}

/** Cosines and then sines by pair and column, for native/elementwise.h. */
const rotation = (op: Op, width: number, training: Training, stride: number): number[] => {
  const half = width / 3 / Number(op.attributes["heads"]) / 2
  const theta = Number(op.attributes["theta"])
  const angles = Array.from({ length: half * stride }, (_, at) => {
    const pair = Math.floor(at / stride)
    return ((at % stride) % training.sequenceLength) * theta ** (-pair / half)
  })
  return [...angles.map(Math.cos), ...angles.map(Math.sin)]
}

const placeBuffers = ({ training, blockSequences, microBatch, keep }: PlanOptions, stride: number) => {
  const offsets = new Map<string, number>()
  const blocks = Math.ceil(microBatch / blockSequences)
  const ends: number[] = []
  let end = 0
  for (const storage of storages) {
    for (const buffer of training.buffers) {
      if (buffer.storage !== storage || (storage === "activation" && !keep.includes(buffer.name))) continue
      offsets.set(buffer.name, end)
      end += buffer.perToken ? blocks * elements(buffer) * stride : padded(elements(buffer))
    }
    ends.push(end)
  }
  const shared = training.buffers.filter(({ name, storage }) => storage === "activation" && !keep.includes(name))
  const plans = [training.grad, training.evaluate].map((ops) =>
    planMemory(ops, shared, { rows: stride, keep: [training.loss], alignment }),
  )
  return { offsets, ends, plans }
}

/** The programs address their activations apart: a buffer lies elsewhere in `grad` than in `evaluate`. */
export const compilePlan = (options: PlanOptions): Plan => {
  const { training, keep } = options
  const blockSequences = Math.min(options.blockSequences, options.microBatch)
  const stride = strideOf(blockSequences * training.sequenceLength)
  const { offsets, ends, plans } = placeBuffers({ ...options, blockSequences }, stride)
  const [gradPlan, evaluatePlan] = plans

  const integers: number[] = []
  const reals: number[] = []
  const list = (values: readonly number[]): void => {
    integers.push(values.length, ...values)
  }

  const index = new Map<string, number>()
  const rows: { readonly buffer: Buffer; readonly offset: number }[] = []
  const add = (buffer: Buffer, offset: number): void => {
    rows.push({ buffer, offset })
  }
  for (const buffer of training.buffers) {
    index.set(buffer.name, rows.length)
    add(buffer, offsets.get(buffer.name) ?? gradPlan.offsets[buffer.name] ?? 0)
  }
  const inEvaluate = new Map(index)
  for (const [name, offset] of Object.entries(evaluatePlan.offsets)) {
    inEvaluate.set(name, rows.length)
    add(training.buffers[index.get(name)!], offset)
  }
  const scalars = new Map(training.scalars.map((name, at) => [name, at]))

  integers.push(training.sequenceLength, blockSequences, options.microBatch, stride, training.scalars.length)
  integers.push(index.get(training.loss)!, inEvaluate.get(training.loss)!, index.get(training.norm)!)
  reals.push(ends[0], ends[0], ends[1] - ends[0], ends[3], Math.max(gradPlan.total, evaluatePlan.total))
  list(training.stepScalars.map((name) => scalars.get(name)!))

  const averages = Object.entries(training.averages)
  integers.push(averages.length)
  for (const [, members] of averages) {
    list(Object.entries(members).flatMap(([parameter, state]) => [index.get(parameter)!, index.get(state)!]))
  }
  integers.push(rows.length)
  for (const { buffer, offset } of rows) {
    const kept = buffer.storage === "activation" && keep.includes(buffer.name)
    integers.push(storages.indexOf(buffer.storage), Number(buffer.perToken), Number(kept), elements(buffer))
    reals.push(offset)
  }

  const constants = (op: Op): number[] => {
    if (op.kind === "rotary" || op.kind === "rotary_backward") {
      const width = elements(training.buffers[index.get(op.inputs[op.kind === "rotary" ? "x" : "dy"])!])
      return rotation(op, width, training, stride)
    }
    if (op.attributes["alibi"] === true) return [...alibiSlopes(Number(op.attributes["heads"]))]
    return []
  }
  const writeOps = (ops: readonly Op[], at: ReadonlyMap<string, number>): void => {
    integers.push(ops.length)
    for (const op of ops) {
      const { inputs, outputs, scalars: slots, attributes, variadic } = definitions[op.kind]
      const name = (bound: Readonly<Record<string, string>>) => (slot: { readonly name: string }) =>
        bound[slot.name] === undefined ? -1 : at.get(bound[slot.name])!
      const adds = outputs.reduce((mask, slot, i) => mask | (op.accumulate.includes(slot.name) ? 1 << i : 0), 0)
      integers.push(opKinds.indexOf(op.kind), adds)
      list(variadic ? Object.keys(op.inputs).map((_, i) => at.get(op.inputs[i])!) : inputs.map(name(op.inputs)))
      list(outputs.map(name(op.outputs)))
      list(slots.map((slot) => scalars.get(op.scalars[slot.name]) ?? -1))
      const values = attributes.map((slot) => Number(op.attributes[slot.name]))
      reals.push(values[0] ?? 0, values[1] ?? 0)
      const table = constants(op)
      integers.push(table.length)
      for (const value of table) reals.push(value)
    }
  }
  writeOps(training.grad, index)
  writeOps(training.update, index)
  writeOps(training.evaluate, inEvaluate)
  return {
    integers: Int32Array.from(integers),
    reals: Float64Array.from(reals),
    buffers: index,
    scalars,
    averages: new Map(averages.map(([name], at) => [name, at])),
  }
}
