/** Where activations lie, and how many sequences go through at once so that all of them fit the adapter's limits. */
import { type Op, planMemory, type Training } from "@ts/program"
import { LimitTooSmall } from "./errors.ts"
import { CHUNK } from "./kernels/update.ts"
import { activationFloats, type Place } from "./layout.ts"

export interface Limits {
  readonly maxStorageBufferBindingSize: number
  readonly maxBufferSize: number
}

export interface ActivationOptions {
  readonly training: Training
  readonly lanes: number
  readonly microBatch: number
  readonly blockSequences: number
  readonly keep: readonly string[]
  readonly limits: Limits
}

export interface Activations {
  /** Sequences of one pass: all of a call, or whole blocks of it. */
  readonly passSequences: number
  readonly grad: ReadonlyMap<string, Place>
  readonly evaluate: ReadonlyMap<string, Place>
  readonly kept: ReadonlyMap<string, Place>
  readonly buffers: ReadonlyMap<string, number>
}

/** @throws {LimitTooSmall} where not even one block fits */
export const placeActivations = (options: ActivationOptions): Activations => {
  const { training, lanes, microBatch, blockSequences, limits } = options
  const activations = training.buffers.filter(({ storage }) => storage === "activation")
  const kept = activations.filter(({ name }) => options.keep.includes(name))
  const shared = activations.filter(({ name }) => !options.keep.includes(name))

  const keptPlaces = new Map<string, Place>()
  let keptEnd = 0
  const placeKept = (rows: number): void => {
    keptEnd = 0
    for (const buffer of kept) {
      const stride = activationFloats(buffer, rows)
      keptPlaces.set(buffer.name, { buffer: "kept", offset: keptEnd, size: stride * lanes, stride })
      keptEnd += stride * lanes
    }
  }
  const arena = (ops: readonly Op[], rows: number) =>
    planMemory(ops, shared, { rows, keep: [training.loss], alignment: CHUNK })

  /** The first thing that does not fit, for so many sequences. */
  const misfit = (sequences: number): LimitTooSmall | undefined => {
    const rows = sequences * training.sequenceLength
    const advice = `${sequences} sequences of ${training.sequenceLength} tokens in ${lanes} ${lanes === 1 ? "lane" : "lanes"}: take fewer lanes, shorter sequences or a smaller vocabulary`
    for (const buffer of activations) {
      const bytes = 4 * lanes * activationFloats(buffer, rows)
      if (bytes > limits.maxStorageBufferBindingSize)
        return new LimitTooSmall(
          "maxStorageBufferBindingSize",
          limits.maxStorageBufferBindingSize,
          buffer.name,
          bytes,
          advice,
        )
    }
    const total = 4 * lanes * Math.max(arena(training.grad, rows).total, arena(training.evaluate, rows).total)
    if (total > limits.maxBufferSize)
      return new LimitTooSmall("maxBufferSize", limits.maxBufferSize, "all activations", total, advice)
    placeKept(rows)
    if (4 * keptEnd > limits.maxBufferSize)
      return new LimitTooSmall("maxBufferSize", limits.maxBufferSize, "kept activations", 4 * keptEnd, advice)
    return undefined
  }

  let passSequences = microBatch
  for (let problem = misfit(passSequences); problem !== undefined; problem = misfit(passSequences)) {
    // What is kept is kept of a whole call; and less than a block would be other numbers.
    if (kept.length > 0 || passSequences <= blockSequences) throw problem
    passSequences = Math.max(1, Math.ceil(passSequences / 2 / blockSequences)) * blockSequences
  }
  const rows = passSequences * training.sequenceLength
  const strides = new Map(activations.map((buffer) => [buffer.name, activationFloats(buffer, rows)]))
  const placesOf = (ops: readonly Op[]) => {
    const { offsets, total } = arena(ops, rows)
    const places = new Map<string, Place>(keptPlaces)
    for (const [name, offset] of Object.entries(offsets)) {
      const stride = strides.get(name)!
      places.set(name, { buffer: "activations", offset: offset * lanes, size: stride * lanes, stride })
    }
    return { places, total }
  }
  const grad = placesOf(training.grad)
  const evaluate = placesOf(training.evaluate)
  const buffers = new Map([["activations", Math.max(CHUNK, lanes * Math.max(grad.total, evaluate.total))]])
  if (keptEnd > 0) buffers.set("kept", keptEnd)
  return { passSequences, grad: grad.places, evaluate: evaluate.places, kept: keptPlaces, buffers }
}
