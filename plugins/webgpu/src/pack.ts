/**
 * A chunk of calls as submissions: what each brings along, as words that kernels read. Calls are cut into passes of as many sequences as
 * the activations have room for.
 */
import type { Call, Training } from "@ts/program"
import { CALL_HEAD, type CallSize } from "./kernels/kernel.ts"
import { CALL_BYTES, CALLS } from "./memory.ts"
import type { Plan } from "./plan.ts"

export interface Pass {
  readonly program: Call["program"]
  readonly size: CallSize
  /** The average to evaluate. */
  readonly average: string | undefined
  /** The weights to evaluate with are not there yet. */
  readonly fill: boolean
}

export interface Submission {
  readonly passes: readonly Pass[]
  /** Sizes and lanes, `CALL_BYTES` for each pass. */
  readonly calls: Uint32Array<ArrayBuffer>
  readonly words: Uint32Array<ArrayBuffer>
  /** Floats that come back. */
  readonly results: number
}

/** Where numbers of a call come back: `count` of each lane at work, which are its results from `first` on. */
export interface Return {
  readonly submission: number
  readonly at: number
  readonly first: number
  readonly count: number
}

export interface Packed {
  readonly submissions: readonly Submission[]
  /** By call. */
  readonly returns: readonly (readonly Return[])[]
}

const HEAD = 2 ** 31
const LARGEST = 3.4028234663852886e38

/** A float64 as two float32 that add up to it. Infinity, which kernels may not know, is the largest there is. */
export const split = (value: number, into: Float32Array, at: number): void => {
  const held = Math.min(Math.max(value, -LARGEST), LARGEST)
  into[at] = held
  into[at + 1] = held - into[at]
}

export interface Packer {
  readonly pack: (calls: readonly Call[], working: readonly number[]) => Packed
}

export const makePacker = (training: Training, plan: Plan, lanes: number): Packer => {
  const S = training.sequenceLength
  const stride = S + 1
  const { callsAt, callWords, perLane: scalarWords, scalarsAt } = plan.words
  const pitch = CALL_BYTES / 4
  const calls = new Uint32Array(CALLS * pitch)
  const words = new Uint32Array(callWords)
  const numbers = new Float32Array(words.buffer)
  /** The place after the last token seen of each id; all zero between passes. */
  const last = new Uint32Array(training.vocabulary)
  const chained = training.grad.some(({ kind }) => kind === "embed_backward")

  /** See `embedBackward`. */
  const chain = (tokens: Int32Array, at: number, rows: number): void => {
    const id = (n: number) => tokens[n + Math.floor(n / S)]
    for (let n = 0; n < rows; n++) {
      const before = last[id(n)]
      words[at + n] = before === 0 ? HEAD : 0
      if (before !== 0) words[at + before - 1] += n + 1
      last[id(n)] = n + 1
    }
    for (let n = 0; n < rows; n++) last[id(n)] = 0
  }

  const pack = (chunk: readonly Call[], working: readonly number[]): Packed => {
    const submissions: Submission[] = []
    const returns: Return[][] = chunk.map(() => [])
    let passes: Pass[] = []
    let used = 0
    let results = 0
    const close = (): void => {
      if (passes.length === 0) return
      submissions.push({ passes, calls: calls.slice(0, passes.length * pitch), words: words.slice(0, used), results })
      passes = []
      used = 0
      results = 0
    }
    const room = (wanted: number, back: number): void => {
      if (passes.length === CALLS || used + wanted > callWords || results + back > plan.results) close()
    }
    const add = (call: number, pass: Pass, first: number, perLane: number): void => {
      const at = passes.length * pitch
      calls[at] = pass.size.rows
      calls[at + 1] = pass.size.sequences
      calls[at + 2] = results
      calls[at + 3] = lanes
      calls[at + 4] = scalarsAt
      calls[at + 5] = scalarWords
      returns[call].push({ submission: submissions.length, at: results, first, count: perLane })
      passes.push(pass)
      results += perLane * working.length
    }
    /** Words of a lane at work: its number, and where its tokens, links and step scalars are. */
    const lane = (slot: number, tokens: number, links: number, steps: number): void => {
      const at = passes.length * pitch + CALL_HEAD + 4 * slot
      calls[at] = working[slot]
      calls[at + 1] = callsAt + tokens
      calls[at + 2] = callsAt + links
      calls[at + 3] = callsAt + steps
    }

    const addUpdate = (index: number, call: Extract<Call, { program: "update" }>): void => {
      const count = training.stepScalars.length
      room(2 * count * working.length, working.length)
      for (const [slot, which] of working.entries()) {
        lane(slot, 0, 0, used)
        for (let i = 0; i < count; i++) split(call.scalars[which][i], numbers, used + 2 * i)
        used += 2 * count
      }
      add(index, { program: "update", size: { sequences: 0, rows: 0 }, average: undefined, fill: false }, 0, 1)
    }

    const addTokens = (index: number, call: Extract<Call, { program: "grad" | "evaluate" }>): void => {
      const average = call.program === "evaluate" ? call.average : undefined
      const links = call.program === "grad" && chained
      for (let first = 0; first < call.sequences; first += plan.passSequences) {
        const sequences = Math.min(plan.passSequences, call.sequences - first)
        const rows = sequences * S
        const perLane = sequences * stride + (links ? rows : 0) + 1
        room(perLane * working.length, sequences * working.length)
        const placed = new Map<Int32Array, number>()
        for (const [slot, which] of working.entries()) {
          const tokens = call.tokens[which]
          let at = placed.get(tokens)
          if (at === undefined) {
            at = used
            placed.set(tokens, at)
            const part = tokens.subarray(first * stride, (first + sequences) * stride)
            words.set(part, at)
            used += part.length
            if (links) {
              chain(part, used, rows)
              used += rows
            }
          }
          lane(slot, at, at + sequences * stride, used)
          if (average !== undefined) numbers[used++] = average.correction[which]
        }
        const fill = average !== undefined && first === 0
        add(index, { program: call.program, size: { sequences, rows }, average: average?.name, fill }, first, sequences)
      }
    }

    if (working.length > 0) {
      for (const [index, call] of chunk.entries()) {
        if (call.program === "update") addUpdate(index, call)
        else if (call.program === "measure") {
          room(0, working.length)
          for (const slot of working.keys()) lane(slot, 0, 0, 0)
          add(index, { program: "measure", size: { sequences: 0, rows: 0 }, average: undefined, fill: false }, 0, 1)
        } else addTokens(index, call)
      }
    }
    close()
    return { submissions, returns }
  }
  return { pack }
}
