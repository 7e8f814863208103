/** What is read off a run between two steps: validation losses and gradient norms. Nothing here changes the weights. */
import { averageName, type BackendError, type RunEvent } from "@ts/backend"
import type { Call, Tokens } from "@ts/program"
import { Effect } from "effect"
import { type Blame, unreadable } from "./errors.ts"
import type { Run } from "./run.ts"
import { cuts, rowsOf } from "./tokens.ts"

/** Runs calls on some lanes; results as `Executable.run` gives them. */
export type Replay = (
  calls: ReadonlyArray<Call>,
  active: ReadonlyArray<boolean>,
) => Effect.Effect<ReadonlyArray<Float64Array>, BackendError>

export interface ReadingOptions {
  /** Tokens in a sequence. */
  readonly S: number
  /** Most sequences in a call, and in a chunk: whole blocks. */
  readonly microBatch: number
  readonly replay: Replay
  readonly blame: Blame
}

interface Validation {
  readonly sequences: number
  readonly rows: Tokens
}

const validations = new WeakMap<object, Map<number, Validation>>()

/** The validation tokens as rows, made once for a corpus and a sequence length. */
const validationOf = ({ corpus }: Run, S: number): Validation => {
  const known = validations.get(corpus) ?? new Map<number, Validation>()
  validations.set(corpus, known)
  const sequences = Math.floor((corpus.validation.length - 1) / S)
  const made = known.get(S) ?? { sequences, rows: rowsOf(corpus.validation, sequences, S) }
  known.set(S, made)
  return made
}

/** Mean validation loss of every active lane: per-sequence sums added left to right, so no cut changes a bit. */
const validate = Effect.fnUntraced(function* (
  lanes: ReadonlyArray<Run>,
  active: ReadonlyArray<boolean>,
  { S, microBatch, replay }: ReadingOptions,
  average: number | undefined,
) {
  const sets = lanes.map((lane) => validationOf(lane, S))
  const sums = lanes.map(() => 0)
  // All runs of a study share their validation set; lanes of different sets go one after the other.
  for (const set of new Set(sets)) {
    const mine = active.map((on, l) => on && sets[l] === set)
    if (!mine.includes(true)) continue
    for (const { first, count } of cuts(set.sequences, microBatch)) {
      const tokens = set.rows.subarray(first * (S + 1), (first + count) * (S + 1))
      const call: Call = {
        program: "evaluate",
        sequences: count,
        tokens: lanes.map(() => tokens),
        ...(average === undefined
          ? {}
          : {
              average: {
                name: averageName(average),
                correction: Float64Array.from(lanes, (lane) => 1 / (1 - average ** lane.step)),
              },
            }),
      }
      const [losses] = yield* replay([call], mine)
      mine.forEach((on, l) => {
        if (on) for (let i = 0; i < count; i++) sums[l]! += losses![l * count + i]!
      })
    }
  }
  return sums.map((sum, l) => sum / (sets[l]!.sequences * S))
})

/**
 * |g|^2 of the mean token loss at two batch sizes, on the tokens that follow, which stay unconsumed: the mean over
 * `samples` big batches, and over all the small ones that tile them.
 */
const noiseScale = Effect.fnUntraced(function* (
  lanes: ReadonlyArray<Run>,
  l: number,
  { S, microBatch, replay, blame }: ReadingOptions,
  { small, big, samples }: { readonly small: number; readonly big: number; readonly samples: number },
) {
  const run = lanes[l]!
  const active = lanes.map((_, i) => i === l)
  const squared = Effect.fnUntraced(function* (position: number, batch: number) {
    // One call a chunk: a big batch may take many times as long as a chunk should.
    for (const { first, count } of cuts(batch / S, microBatch)) {
      const tokens = yield* Effect.try({
        try: () => rowsOf(run.corpus.read(position + first * S, count * S + 1), count, S),
        catch: unreadable(blame),
      })
      yield* replay([{ program: "grad", sequences: count, tokens: lanes.map(() => tokens) }], active)
    }
    const [norms] = yield* replay([{ program: "measure" }], active)
    return (norms![l]! / batch) ** 2
  })
  let [smallSum, bigSum] = [0, 0]
  const perBig = Math.floor(big / small)
  for (let k = 0; k < samples; k++) {
    const position = run.tokens + k * big
    bigSum += yield* squared(position, big)
    for (let j = 0; j < perBig; j++) smallSum += yield* squared(position + j * small, small)
  }
  return { squaredNormSmall: smallSum / (samples * perBig), squaredNormBig: bigSum / samples }
})

/** Takes every reading that is due at the lanes' positions; events in the order of the lanes. */
export const takeReadings = Effect.fnUntraced(function* (lanes: ReadonlyArray<Run>, options: ReadingOptions) {
  const due = (run: Run) => !run.over && run.evaluations.length > 0 && run.evaluations[0]! <= run.tokens
  const active = lanes.map(due)
  if (!active.includes(true)) return []
  const averages = [...new Set(lanes.filter(due).flatMap((run) => run.assignment.averages))]
  const losses = new Map<number | undefined, ReadonlyArray<number>>()
  for (const average of [undefined, ...averages]) {
    losses.set(average, yield* validate(lanes, active, options, average))
  }
  const events: Array<RunEvent> = []
  for (const [l, run] of lanes.entries()) {
    while (due(run)) {
      const at = { runId: run.id, tokens: run.tokens, requested: run.evaluations.shift()! }
      for (const average of [undefined, ...run.assignment.averages]) {
        const loss = losses.get(average)![l]!
        if (!Number.isFinite(loss)) {
          run.over = true
          const what = average === undefined ? "validation loss" : `validation loss of ${averageName(average)}`
          events.push({ _tag: "Diverged", runId: run.id, tokens: run.tokens, reason: `the ${what} is ${loss}` })
          break
        }
        events.push({
          _tag: "Evaluated",
          ...at,
          step: run.step,
          average: average === undefined ? "none" : averageName(average),
          evaluation: run.corpus.evaluationId,
          loss,
        })
      }
      const sizes = run.assignment.noiseScale
      if (!run.over && sizes !== undefined) {
        const measured = yield* noiseScale(lanes, l, options, sizes)
        if (Object.values(measured).every(Number.isFinite)) {
          events.push({ _tag: "NoiseScaleMeasured", ...at, ...sizes, ...measured })
        } else {
          run.over = true
          const reason = "the gradient norm of the noise scale is not finite"
          events.push({ _tag: "Diverged", runId: run.id, tokens: run.tokens, reason })
        }
      }
    }
  }
  return events
})
