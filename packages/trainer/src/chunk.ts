/** The calls of one chunk: whole steps, or parts of a long one, up to the next place where a lane wants something. */
import type { Call, Tokens } from "@ts/program"
import { nextBatch } from "@ts/schedule"
import { type Run, stepScalars } from "./run.ts"
import { rowsOf } from "./tokens.ts"

/** What a call is about: the sequences of a gradient, or the step that an update ends. */
export type Meaning = { readonly sequences: number } | { readonly end: number; readonly batch: number }

export interface Chunk {
  readonly calls: ReadonlyArray<Call>
  /** One for each call. */
  readonly meaning: ReadonlyArray<Meaning>
  /** Sequences of the step under way that are in the gradient when the chunk has run. */
  readonly done: number
  /** Sequences in the chunk. */
  readonly planned: number
}

export interface ChunkOptions {
  /** Tokens in a sequence. */
  readonly S: number
  /** Sequences that the device sums as one. */
  readonly block: number
  /** Most sequences in a call: whole blocks. */
  readonly microBatch: number
  /** Names of the step scalars. */
  readonly names: ReadonlyArray<string>
  /** Sequences that the time allows. */
  readonly budget: number
  /** Sequences of the step under way that are in the gradient already. */
  readonly within: number
}

/** Throws what reading the tokens throws. At least one run is not over; none stands where it wants something. */
export const planChunk = (
  runs: ReadonlyArray<Run>,
  { S, block, microBatch, names, budget, within }: ChunkOptions,
): Chunk => {
  const active = runs.map((run) => !run.over)
  const first = runs.find((run) => !run.over)!
  const stops = runs.flatMap((run) =>
    run.over ? [] : [run.assignment.until, ...run.evaluations.slice(0, 1), ...run.checkpoints.slice(0, 1)],
  )
  const stop = Math.min(...stops)
  let position = first.tokens
  let step = first.step
  const calls: Array<Call> = []
  const meaning: Array<Meaning> = []
  let done = within
  let planned = 0
  while (planned < budget && position < stop) {
    const batch = nextBatch(first.assignment.spec.batch, position)
    // A call holds whole blocks: only a batch's last may hold less.
    const allowed = Math.max(block, Math.floor((budget - planned) / block) * block)
    const count = Math.min(microBatch, batch / S - done, allowed)
    calls.push({ program: "grad", sequences: count, tokens: sharedRows(runs, active, position + done * S, count, S) })
    meaning.push({ sequences: count })
    done += count
    planned += count
    if (done * S < batch) continue
    const end = position + batch
    step += 1
    calls.push({
      program: "update",
      scalars: runs.map((run) => stepScalars(names, run.assignment.spec, step, batch, end)),
    })
    meaning.push({ end, batch })
    position = end
    done = 0
  }
  return { calls, meaning, done, planned }
}

/** The micro-batch of every lane; lanes that read the same corpus share one array. */
const sharedRows = (
  runs: ReadonlyArray<Run>,
  active: ReadonlyArray<boolean>,
  position: number,
  count: number,
  S: number,
) => {
  const made = new Map<object, Tokens>()
  let some: Tokens = new Int32Array(0)
  for (const [l, { corpus }] of runs.entries()) {
    if (!active[l] || made.has(corpus)) continue
    some = rowsOf(corpus.read(position, count * S + 1), count, S)
    made.set(corpus, some)
  }
  return runs.map(({ corpus }) => made.get(corpus) ?? some)
}
