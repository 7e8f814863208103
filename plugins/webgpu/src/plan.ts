/** A `Training` as buffers and dispatches: everything about an executable that needs no GPU yet. */
import { elements, type Op, type Training, UnknownName } from "@ts/program"
import { halvesOf, placeActivations } from "./activations.ts"
import { inLanes, LimitTooSmall } from "./errors.ts"
import { sequenceLosses } from "./kernels/crossEntropy.ts"
import { rotation } from "./kernels/elementwise.ts"
import type { Dispatch, Kernels, Setting } from "./kernels/kernel.ts"
import { ALIGNMENT, averagedPlace, type Limits, layOut, type Part, type Place, padded, uncut } from "./layout.ts"
import { lower, scratchOf } from "./lower.ts"
import { lowerUpdate, updateScratch } from "./update.ts"

export interface PlanOptions {
  readonly training: Training
  readonly lanes: number
  readonly microBatch: number
  readonly keep: readonly string[]
  readonly blockSequences: number
  readonly kernels: Kernels
  /** Activations in float16. */
  readonly half: boolean
  readonly limits: Limits
}

/** What kernels read besides tensors: tables, scalars of the lanes, and then what each call brings. */
export interface Words {
  readonly tables: readonly number[]
  /** Where scalars begin, and words of a lane's: pairs of float32 that add up to the float64. */
  readonly scalarsAt: number
  readonly perLane: number
  /** Where what a call brings begins, and how much of it there is room for. */
  readonly callsAt: number
  readonly callWords: number
}

export interface Programs {
  readonly grad: readonly Dispatch[]
  readonly update: readonly Dispatch[]
  readonly measure: readonly Dispatch[]
  readonly evaluate: readonly Dispatch[]
  /** `evaluate` with the averaged weights, and what fills those, by average. */
  readonly evaluateAveraged: readonly Dispatch[]
  readonly averaged: ReadonlyMap<string, readonly Dispatch[]>
}

export interface Plan {
  readonly programs: Programs
  /** Bytes of every buffer of tensors. */
  readonly buffers: ReadonlyMap<string, number>
  /** Where what can be read or written lies. */
  readonly parts: ReadonlyMap<string, readonly Part[]>
  /** Where more of a gradient is added up apart; see `Layout`. */
  readonly apart: ReadonlyMap<string, readonly (readonly Part[])[]>
  readonly constants: readonly { readonly place: Place; readonly values: Float32Array }[]
  readonly words: Words
  /** Sequences of one pass over the activations; a call may take several. */
  readonly passSequences: number
  /** Floats of results that one submission has room for. */
  readonly results: number
  readonly scalars: ReadonlyMap<string, number>
}

/** Words and results that many small calls share before another submission is due. */
const ROOM = 2 ** 16

/** @throws {UnknownName | UnsupportedOperation | LimitTooSmall} before anything is allocated */
export const makePlan = (options: PlanOptions): Plan => {
  const { training, lanes, microBatch, keep, blockSequences, limits } = options
  const S = training.sequenceLength
  const byName = new Map(training.buffers.map((buffer) => [buffer.name, buffer]))
  const unknown = keep.find((name) => !byName.has(name))
  if (unknown !== undefined) throw new UnknownName("buffer", unknown, byName.keys(), "Its name is in `keep`")
  const layout = layOut(training, lanes, limits)
  const halves: ReadonlySet<string> = options.half ? halvesOf(training) : new Set()
  const activations = placeActivations({ training, lanes, microBatch, blockSequences, keep, halves, limits })
  const { passSequences } = activations

  const buffer = (name: string) => byName.get(name)!
  const rows = passSequences * S
  const blocks = Math.ceil(passSequences / blockSequences)
  const scratchFloats = padded(
    Math.max(1, updateScratch(layout), ...training.grad.map((op) => scratchOf(op, buffer, rows, blocks))),
  )
  const scratch: Place = { buffer: "scratch", offset: 0, size: scratchFloats * lanes, stride: scratchFloats }
  const results = Math.max(ROOM / 4, lanes * passSequences)
  const resultsPlace: Place = { buffer: "results", offset: 0, size: results, stride: 0 }

  const perLane = 2 * Math.max(1, training.scalars.length)
  const tables: number[] = []
  const scalars = new Map(training.scalars.map((name, place) => [name, place]))
  const setting: Setting = {
    kernels: options.kernels,
    lanes,
    sequenceLength: S,
    blockRows: blockSequences * S,
    scalar: (name) => scalars.get(name)!,
  }

  const constants = new Map<string, { readonly place: Place; readonly values: Float32Array }>()
  let constantsEnd = 0
  const angles = (half: number, theta: number): Place => {
    const key = `${half} ${theta}`
    const known = constants.get(key)
    if (known !== undefined) return known.place
    const values = rotation(S, half, theta)
    const place: Place = { buffer: "constants", offset: constantsEnd, size: padded(values.length), stride: 0 }
    constantsEnd += place.size
    constants.set(key, { place, values })
    return place
  }

  const lowerAll = (ops: readonly Op[], places: ReadonlyMap<string, Place>, averaged = false): Dispatch[] => {
    const partsOf = (name: string): readonly Part[] => {
      const found = places.get(name)
      if (found !== undefined) return uncut(found)
      const parts = layout.parts.get(name)!
      return averaged ? parts.map((part) => ({ ...part, place: averagedPlace(part.place) })) : parts
    }
    /** Operations so far that add to a gradient. */
    const added = new Map<string, number>()
    const dispatches = ops.flatMap((op) => {
      const mine = new Map<string, readonly Part[]>()
      for (const name of Object.values(op.outputs)) {
        const before = added.get(name) ?? 0
        added.set(name, before + 1)
        const own = before === 0 ? undefined : layout.apart.get(name)?.[before - 1]
        if (own !== undefined) mine.set(name, own)
      }
      const parts = (name: string) => mine.get(name) ?? partsOf(name)
      return lower(op, { setting, parts, buffer, scratch, angles })
    })
    return [...dispatches, sequenceLosses(setting, { loss: places.get(training.loss)!, results: resultsPlace })]
  }
  const hasAverages = Object.keys(training.averages).length > 0
  const updates = lowerUpdate({
    training,
    layout,
    setting,
    scratch,
    results: resultsPlace,
    bindingBytes: limits.maxStorageBufferBindingSize,
    words: (values) => {
      const at = tables.length
      for (const value of values) tables.push(value)
      return at
    },
  })
  const programs: Programs = {
    grad: lowerAll(training.grad, activations.grad),
    evaluate: lowerAll(training.evaluate, activations.evaluate),
    evaluateAveraged: hasAverages ? lowerAll(training.evaluate, activations.evaluate, true) : [],
    ...updates,
  }
  const scalarsAt = padded(tables.length)
  const callsAt = padded(scalarsAt + lanes * perLane)
  const largest = lanes * Math.max(passSequences * (2 * S + 1), 2 * training.stepScalars.length + 1)
  const callWords = Math.max(ROOM, padded(largest))
  const wordBytes = 4 * (callsAt + callWords)
  if (wordBytes > limits.maxStorageBufferBindingSize) {
    const advice = `${passSequences} sequences of ${S} tokens${inLanes(lanes, "a smaller micro-batch or a smaller model")}`
    throw new LimitTooSmall(
      "maxStorageBufferBindingSize",
      limits.maxStorageBufferBindingSize,
      "tokens and tables",
      wordBytes,
      advice,
    )
  }
  const buffers = new Map([
    ...layout.buffers,
    ...activations.buffers,
    ["scratch", 4 * scratch.size],
    ["results", 4 * results],
    ["constants", 4 * Math.max(ALIGNMENT, constantsEnd)],
  ])
  return {
    programs,
    buffers,
    parts: new Map([...layout.parts, ...[...activations.kept].map(([name, place]) => [name, uncut(place)] as const)]),
    apart: layout.apart,
    constants: [...constants.values()],
    words: { tables, scalarsAt, perLane, callsAt, callWords },
    passSequences,
    results,
    scalars,
  }
}

/** Elements of a lane's tensor, without padding; of a kept activation for so many rows. */
export const sizeOf = (training: Training, name: string, rows: number): number => {
  const buffer = training.buffers.find((each) => each.name === name)!
  return elements(buffer) * (buffer.perToken ? rows : 1)
}
