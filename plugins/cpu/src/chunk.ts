/** Checks a chunk of calls and packs it into the arrays of native `run`. */
import { type Call, type Training, UnknownName } from "@ts/program"

/** As in native/session.h. */
const programs = ["grad", "update", "measure", "evaluate"] as const

export interface Chunk {
  /** Program, sequences and average (or -1), by call. */
  readonly header: Int32Array
  /** [lanes][sequences][S + 1] for each call that reads tokens. */
  readonly tokens: Int32Array
  /** [lanes][step scalars] for an update, [lanes] corrections for an evaluation of an average. */
  readonly numbers: Float64Array
  /** Numbers that each call returns. */
  readonly results: readonly number[]
}

export interface ChunkOptions {
  readonly training: Training
  readonly lanes: number
  readonly microBatch: number
  readonly active: readonly boolean[]
  readonly averages: ReadonlyMap<string, number>
}

const perLane = <T extends { readonly length: number }>(
  values: readonly T[],
  what: string,
  length: number,
  { lanes, active }: ChunkOptions,
): void => {
  if (values.length !== lanes)
    throw new RangeError(`${what}: one entry per lane is needed, ${lanes}, not ${values.length}`)
  values.forEach((value, lane) => {
    if (active[lane] && value.length !== length) {
      throw new RangeError(`${what} of lane ${lane}: ${length} values are needed, not ${value.length}`)
    }
  })
}

const copyTokens = (from: Int32Array, to: Int32Array, at: number, vocabulary: number): void => {
  for (let i = 0; i < from.length; i++) {
    const id = from[i]
    if (id < 0 || id >= vocabulary) throw new RangeError(`token id ${id} is outside the vocabulary of ${vocabulary}`)
    to[at + i] = id
  }
}

/** @throws {RangeError | UnknownName} for sizes, ids or averages that do not fit the executable */
export const packChunk = (calls: readonly Call[], options: ChunkOptions): Chunk => {
  const { training, lanes, active } = options
  const row = training.sequenceLength + 1
  const steps = training.stepScalars.length
  let tokenCount = 0
  let numberCount = 0
  for (const call of calls) {
    if (call.program === "update") {
      perLane(call.scalars, "step scalars", steps, options)
      numberCount += lanes * steps
    }
    if (call.program !== "grad" && call.program !== "evaluate") continue
    const { sequences } = call
    if (!Number.isInteger(sequences) || sequences < 1 || sequences > options.microBatch) {
      throw new RangeError(
        `sequences must be an integer from 1 to the micro-batch of ${options.microBatch}, not ${sequences}`,
      )
    }
    perLane(call.tokens, "tokens", sequences * row, options)
    tokenCount += lanes * sequences * row
    if (call.program === "evaluate" && call.average !== undefined) {
      const { name, correction } = call.average
      if (!options.averages.has(name)) throw new UnknownName("average", name, options.averages.keys())
      if (correction.length !== lanes)
        throw new RangeError(`correction: one per lane is needed, ${lanes}, not ${correction.length}`)
      numberCount += lanes
    }
  }

  const header = new Int32Array(3 * calls.length)
  const tokens = new Int32Array(tokenCount)
  const numbers = new Float64Array(numberCount)
  let token = 0
  let number = 0
  const results = calls.map((call, at) => {
    const average = call.program === "evaluate" ? call.average : undefined
    header[3 * at] = programs.indexOf(call.program)
    header[3 * at + 2] = average === undefined ? -1 : options.averages.get(average.name)!
    if (call.program === "update") {
      for (let lane = 0; lane < lanes; lane++, number += steps)
        if (active[lane]) numbers.set(call.scalars[lane], number)
    }
    if (call.program !== "grad" && call.program !== "evaluate") return lanes
    header[3 * at + 1] = call.sequences
    for (let lane = 0; lane < lanes; lane++, token += call.sequences * row) {
      if (active[lane]) copyTokens(call.tokens[lane], tokens, token, training.vocabulary)
    }
    if (average !== undefined) {
      numbers.set(average.correction, number)
      number += lanes
    }
    return lanes * call.sequences
  })
  return { header, tokens, numbers, results }
}
