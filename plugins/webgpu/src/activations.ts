/** Where activations lie, and how many sequences go through at once so that all of them fit the adapter's limits. */
import { type Buffer, type Op, planMemory, type Training } from "@ts/program"
import { inLanes, LimitTooSmall } from "./errors.ts"
import { ALIGNMENT, activationSize, bytesEach, type Limits, type Place } from "./layout.ts"

export interface ActivationOptions {
  readonly training: Training
  readonly lanes: number
  readonly microBatch: number
  readonly blockSequences: number
  readonly keep: readonly string[]
  /** Those stored in float16. */
  readonly halves: ReadonlySet<string>
  readonly limits: Limits
}

/**
 * What the forward pass hands on and the backward pass reads again, in float16: all but the numbers that stand for whole rows (losses,
 * means, logarithms of sums). Gradients keep the range of float32, so that no loss has to be scaled.
 */
export const halvesOf = ({ evaluate, buffers }: Training): ReadonlySet<string> => {
  const precise = new Set(["stats", "lse", "loss"])
  const made = evaluate.flatMap(({ outputs }) => Object.entries(outputs).filter(([slot]) => !precise.has(slot)))
  const forward = new Set(made.map(([, name]) => name))
  return new Set(
    buffers.filter(({ name, storage }) => storage === "activation" && forward.has(name)).map((b) => b.name),
  )
}

export interface Activations {
  /** Sequences of one pass: all of a call, or whole blocks of it. */
  readonly passSequences: number
  readonly grad: ReadonlyMap<string, Place>
  readonly evaluate: ReadonlyMap<string, Place>
  readonly kept: ReadonlyMap<string, Place>
  /** Bytes. */
  readonly buffers: ReadonlyMap<string, number>
}

/** @throws {LimitTooSmall} where not even one block fits */
export const placeActivations = (options: ActivationOptions): Activations => {
  const { training, lanes, microBatch, blockSequences, halves, limits } = options
  const activations = training.buffers.filter(({ storage }) => storage === "activation")
  const kept = activations.filter(({ name }) => options.keep.includes(name))
  const shared = activations.filter(({ name }) => !options.keep.includes(name))
  const isHalf = ({ name }: Buffer) => halves.has(name)
  const sizeOf = (buffer: Buffer, rows: number) => activationSize(buffer, rows, isHalf(buffer))
  /** Tensors of float32, and those of float16: each in buffers of their own. */
  const kinds: readonly Pick<Place, "half">[] = [{}, { half: true }]
  const ofKind = (buffers: readonly Buffer[], { half }: Pick<Place, "half">) =>
    buffers.filter((buffer) => isHalf(buffer) === (half === true))
  const nameOf = (buffer: string, { half }: Pick<Place, "half">) => (half ? `${buffer}, float16` : buffer)

  const keptIn = (rows: number) => {
    const places = new Map<string, Place>()
    const bytes = new Map<string, number>()
    for (const kind of kinds) {
      let end = 0
      for (const buffer of ofKind(kept, kind)) {
        const stride = sizeOf(buffer, rows)
        places.set(buffer.name, { buffer: nameOf("kept", kind), ...kind, offset: end, size: stride * lanes, stride })
        end += stride * lanes
      }
      if (end > 0) bytes.set(nameOf("kept", kind), bytesEach(kind) * end)
    }
    return { places, bytes }
  }
  const arenaOf = (ops: readonly Op[], rows: number) => {
    const places = new Map<string, Place>()
    const bytes = new Map<string, number>()
    for (const kind of kinds) {
      const alignment = kind.half ? 2 * ALIGNMENT : ALIGNMENT
      const buffers = ofKind(shared, kind)
      const { offsets, total } = planMemory(ops, buffers, { rows, keep: [training.loss], alignment })
      const name = nameOf("activations", kind)
      for (const buffer of buffers) {
        const offset = offsets[buffer.name]
        if (offset === undefined) continue
        const stride = sizeOf(buffer, rows)
        places.set(buffer.name, { buffer: name, ...kind, offset: offset * lanes, size: stride * lanes, stride })
      }
      bytes.set(name, bytesEach(kind) * lanes * total)
    }
    return { places, bytes }
  }
  const allFor = (rows: number) => {
    const grad = arenaOf(training.grad, rows)
    const evaluate = arenaOf(training.evaluate, rows)
    const keep = keptIn(rows)
    const buffers = new Map(keep.bytes)
    for (const [name, bytes] of grad.bytes) {
      const most = Math.max(bytes, evaluate.bytes.get(name)!)
      if (most > 0) buffers.set(name, most)
    }
    return { grad: grad.places, evaluate: evaluate.places, kept: keep.places, buffers }
  }

  /** The first thing that does not fit, for so many sequences. */
  const misfit = (sequences: number): LimitTooSmall | undefined => {
    const rows = sequences * training.sequenceLength
    const ways = "shorter sequences or a smaller vocabulary"
    const advice = `${sequences} sequences of ${training.sequenceLength} tokens${inLanes(lanes, ways)}`
    const check = (limit: keyof Limits, what: string, bytes: number) =>
      bytes > limits[limit] ? new LimitTooSmall(limit, limits[limit], what, bytes, advice) : undefined
    for (const buffer of activations) {
      const half = isHalf(buffer) ? ({ half: true } as const) : {}
      const problem = check("maxStorageBufferBindingSize", buffer.name, bytesEach(half) * lanes * sizeOf(buffer, rows))
      if (problem !== undefined) return problem
    }
    for (const [name, bytes] of allFor(rows).buffers) {
      const problem = check("maxBufferSize", `all of ${name}`, bytes)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  let passSequences = microBatch
  for (let problem = misfit(passSequences); problem !== undefined; problem = misfit(passSequences)) {
    // What is kept is kept of a whole call; and less than a block would be other numbers.
    if (kept.length > 0 || passSequences <= blockSequences) throw problem
    passSequences = Math.max(1, Math.ceil(passSequences / 2 / blockSequences)) * blockSequences
  }
  const { grad, evaluate, kept: keptPlaces, buffers } = allFor(passSequences * training.sequenceLength)
  return {
    passSequences,
    grad: new Map([...grad, ...keptPlaces]),
    evaluate: new Map([...evaluate, ...keptPlaces]),
    kept: keptPlaces,
    buffers,
  }
}
