/**
 * A backend whose losses are computed rather than trained: any reading costs next to nothing. Only the formula is left to write.
 *
 * Its checkpoints hold what the run has been through instead of weights, so a resumed run and a branch give the numbers of a run in one go, to the
 * last bit.
 */
import { averageName } from "@ts/optim"
import { Effect, Layer, Option, Stream } from "effect"
import { type Assignment, Backend, type Capabilities, type RunEvent } from "./Backend.ts"
import { BackendError } from "./BackendError.ts"
import { type CheckpointRef, CheckpointStore } from "./Checkpoint.ts"
import { checkCapable } from "./checkCapable.ts"
import type { Problem } from "./checkSpec.ts"
import { type EvaluationNoise, evaluationNoise } from "./evaluationNoise.ts"
import { type Lineage, lineageDocument, lineageIn, type Position, positionAt } from "./lineage.ts"
import { type RunSpec, runId } from "./RunSpec.ts"
import { startingCheckpoint } from "./startingCheckpoint.ts"

export interface ClosedForm {
  readonly capabilities: Capabilities
  /** Names what the losses are of, in place of a hash of validation tokens. */
  readonly evaluation: string
  /** Drawn onto every loss; absent: losses are exact. A branch shares the draw of its trunk. Part of `numericsId`, as all that moves a number. */
  readonly noise?: EvaluationNoise
  /** What this backend cannot do, beyond what the manifest and the spec say. */
  readonly unsupported?: (spec: RunSpec) => Problem | undefined
  /**
   * Starts a run; positions then come in increasing order. A reading is the loss in nats by average (`undefined` for the
   * raw weights), or the reason why the run has diverged.
   *
   * @param lineage more than one leg for a branch
   */
  readonly run: (
    lineage: Lineage,
    averages: ReadonlyArray<number>,
  ) => (at: Position) => ((average: number | undefined) => number) | { readonly diverged: string }
}

/** Readings are told, and others let at work, after so many milliseconds, at the latest after the reading under way. */
const patience = 8

const refuse = (form: ClosedForm, assignments: ReadonlyArray<Assignment>): BackendError | undefined =>
  checkCapable(form.capabilities, assignments, form.unsupported)

/** Where a run starts, and what it has been through until then. */
const startOf = Effect.fnUntraced(function* ({ capabilities }: ClosedForm, assignment: Assignment) {
  const { spec } = assignment
  const { backend, numerics, checkpoints } = capabilities
  const beginning: Lineage = [{ spec, from: { tokens: 0, step: 0 } }]
  if (!checkpoints) return { ref: undefined, lineage: beginning }
  const ref = yield* startingCheckpoint(backend, assignment, numerics[spec.precision]!)
  if (ref === undefined) return { ref, lineage: beginning }
  const past = lineageIn(yield* CheckpointStore.use((store) => store.get(ref)))
  if (past === undefined) {
    const field = ref.runId === runId(spec) ? "resume" : "origin"
    return yield* new BackendError({
      backend,
      reason: "Checkpoint",
      message: `${field}: the checkpoint of run ${ref.runId} at ${ref.tokens} tokens was not made by ${backend}; remove it, and train that run again`,
      retryable: false,
      runId: runId(spec),
      field,
    })
  }
  const { tokens, step } = ref
  const lineage: Lineage = ref.runId === runId(spec) ? past : [...past, { spec, from: { tokens, step } }]
  return { ref, lineage }
})

/** The events of one run, computed as they are asked for. */
const eventsOf = Effect.fnUntraced(function* (form: ClosedForm, assignment: Assignment) {
  const { spec, averages } = assignment
  const { capabilities, evaluation } = form
  const id = runId(spec)
  const numericsId = capabilities.numerics[spec.precision]!
  const { ref, lineage } = yield* startOf(form, assignment)
  const noise =
    form.noise === undefined
      ? undefined
      : evaluationNoise(form.noise, id, lineage.length === 1 ? id : runId(lineage[0].spec))
  const read = form.run(lineage, averages)
  const [readings, kept] = [assignment.evaluateAt, capabilities.checkpoints ? assignment.checkpointAt : []].map(
    (positions) => [...new Set(positions)].sort((a, b) => a - b),
  ) as [Array<number>, Array<number>]
  const end = positionAt(lineage, assignment.until)
  const start: Position = ref ?? { tokens: 0, step: 0 }

  let at = start
  let savedAt: number | undefined = start.tokens
  let over = false
  const save = Effect.fnUntraced(function* (rolling: boolean) {
    const store = yield* CheckpointStore
    const { tokens, step } = at
    const checkpoint = { runId: id, numericsId, tokens, step, averages, metadata: {}, tensors: new Map() }
    const made: CheckpointRef = yield* store.put({ ...checkpoint, documents: lineageDocument(lineage) }, { rolling })
    savedAt = tokens
    return { _tag: "Checkpointed" as const, runId: id, tokens, checkpoint: made }
  }, Effect.uninterruptible)

  // Leaves a checkpoint wherever the run is abandoned.
  if (capabilities.checkpoints)
    yield* Effect.addFinalizer(() =>
      over || at.tokens === savedAt
        ? Effect.void
        : Effect.catch(save(true), ({ message }) =>
            Effect.logWarning(`run ${id} stops at ${at.tokens} tokens without a checkpoint: ${message}`),
          ),
    )

  const evaluate = (requested: number): ReadonlyArray<RunEvent> => {
    at = positionAt(lineage, requested)
    const reading = read(at)
    if ("diverged" in reading) {
      over = true
      return [{ _tag: "Diverged", runId: id, tokens: at.tokens, reason: reading.diverged }]
    }
    return [undefined, ...averages].map((average) => {
      const name = average === undefined ? "none" : averageName(average)
      const loss = reading(average) + (noise?.(at.step, name) ?? 0)
      return { _tag: "Evaluated", runId: id, ...at, requested, average: name, evaluation, loss }
    })
  }

  /** The next thing that is due, in the order of tokens: a reading, a kept checkpoint, the end. */
  const next = Effect.gen(function* () {
    const [reading, keep] = [readings[0], kept[0]]
    if (
      reading !== undefined &&
      !(keep !== undefined && positionAt(lineage, keep).tokens < positionAt(lineage, reading).tokens)
    ) {
      readings.shift()
      return evaluate(reading)
    }
    if (keep !== undefined) {
      at = positionAt(lineage, keep)
      while (kept[0] !== undefined && kept[0] <= at.tokens) kept.shift()
      return [yield* save(false)]
    }
    at = end
    const last = capabilities.checkpoints && savedAt !== end.tokens ? [yield* save(true)] : []
    over = true
    return [...last, { _tag: "Finished" as const, runId: id, ...end }]
  })

  const started: RunEvent = {
    _tag: "Started",
    runId: id,
    tokens: start.tokens,
    numericsId,
    synthetic: capabilities.synthetic,
    ...(ref === undefined ? {} : { resumedFrom: ref }),
  }
  return Stream.paginate([started] as ReadonlyArray<RunEvent>, (before) =>
    Effect.gen(function* () {
      if (before.length === 0) yield* Effect.yieldNow
      const events = [...before]
      const since = performance.now()
      do events.push(...(yield* next))
      while (!over && performance.now() - since < patience)
      return [events, over ? Option.none() : Option.some([])] as const
    }),
  )
})

export const closedFormBackend = (form: ClosedForm): Layer.Layer<Backend> =>
  Layer.succeed(
    Backend,
    Backend.of({
      capabilities: form.capabilities,
      prepare: (assignments) => {
        const error = refuse(form, assignments)
        return error === undefined ? Effect.succeed({ data: [] }) : Effect.fail(error)
      },
      train: (bundle) => {
        const error = refuse(form, bundle)
        if (error !== undefined) return Stream.fail(error)
        return Stream.fromIterable(bundle).pipe(
          Stream.flatMap((assignment) => Stream.unwrap(eventsOf(form, assignment))),
        )
      },
    }),
  )
