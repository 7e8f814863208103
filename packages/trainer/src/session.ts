/**
 * A bundle at work: lanes of one executable that start at the same step boundary and step together. Events are pulled
 * one at a time, and nothing is trained ahead of a reading not yet told, so that whoever stops listening loses none. Only
 * `Stepped` events of the chunk under way can go untold.
 */
import {
  type BackendError,
  type Checkpoint,
  type CheckpointRef,
  CheckpointStore,
  type RunEvent,
  stepBoundary,
} from "@ts/backend"
import { initialise } from "@ts/model"
import { cost, type DeviceInfo } from "@ts/program"
import { Cause, Clock, Effect, type Scope } from "effect"
import { type Meaning, planChunk } from "./chunk.ts"
import { fromMetadata, observe, toMetadata } from "./divergence.ts"
import { type Blame, deviceFailure, unreadable } from "./errors.ts"
import { makePace } from "./pace.ts"
import type { Compiled } from "./pool.ts"
import { type Replay, takeReadings } from "./readings.ts"
import { constantsOf, etaAt, type Run, type Shape } from "./run.ts"

/** What passes, whatever the wall clock is set to. */
const millis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)

export interface SessionOptions {
  /** Wall time that one call to the device should take, milliseconds. */
  readonly chunkMillis: number
  /** Wall time between rolling checkpoints, milliseconds. */
  readonly checkpointMillis: number
}

export interface Lane {
  readonly run: Run
  readonly from: { readonly ref: CheckpointRef; readonly checkpoint: Checkpoint } | undefined
}

export interface Session {
  /** The next event; fails with `Cause.Done` after the last. */
  readonly next: Effect.Effect<RunEvent, BackendError | Cause.Done, CheckpointStore>
}

/** `startingPoint` has made sure that it is there. */
const tensorOf = ({ checkpoint }: NonNullable<Lane["from"]>, name: string) => checkpoint.tensors.get(name)!.values

/** Puts the lanes' weights and state in place, and clears what an earlier run left in the executable. */
const fill = async (lanes: ReadonlyArray<Lane>, shape: Shape, { executable }: Compiled) => {
  await executable.run([{ program: "measure" }])
  const kept = shape.training.buffers.filter(({ storage, name }) => storage === "state" && name !== shape.training.norm)
  for (const [l, { run, from }] of lanes.entries()) {
    executable.scalars(l, constantsOf(run))
    const initial = from === undefined ? initialise(shape.model, run.plan, run.assignment.spec.seed) : undefined
    for (const { name } of shape.model.parameters) {
      await executable.write(l, name, initial?.get(name) ?? tensorOf(from!, name))
    }
    for (const { name, shape: dimensions } of kept) {
      const size = dimensions.reduce((product, n) => product * n, 1)
      await executable.write(l, name, from === undefined ? new Float32Array(size) : tensorOf(from, name))
    }
    if (from !== undefined) {
      run.tokens = from.ref.tokens
      run.step = from.ref.step
      run.divergence = fromMetadata(from.checkpoint.metadata)
    }
  }
}

export const startSession = Effect.fnUntraced(function* (
  lanes: readonly [Lane, ...Array<Lane>],
  shape: Shape,
  compiled: Compiled,
  info: DeviceInfo,
  blame: Blame,
  options: SessionOptions,
): Effect.fn.Return<Session, BackendError, CheckpointStore | Scope.Scope> {
  const { executable, microBatch } = compiled
  const { numericsId } = info
  const block = executable.blockSequences
  const runs = lanes.map(({ run }) => run)
  const S = shape.training.sequenceLength
  const names = shape.training.stepScalars
  const ends = runs.map(({ assignment }) => stepBoundary(assignment.spec, assignment.until))

  // To its end, once begun: the executable may be another bundle's as soon as this one is interrupted.
  yield* Effect.uninterruptible(
    Effect.tryPromise({ try: () => fill(lanes, shape, compiled), catch: deviceFailure(blame) }),
  )

  const events: Array<RunEvent> = lanes.map(({ run, from }) => ({
    _tag: "Started",
    runId: run.id,
    tokens: run.tokens,
    numericsId,
    synthetic: false,
    ...(from === undefined ? {} : { resumedFrom: from.ref }),
  }))

  /** After a failed call nobody knows which of its steps the weights have taken. */
  let sound = true
  const replay: Replay = (calls, active) =>
    Effect.uninterruptible(
      Effect.tryPromise({
        try: () => executable.run(calls, active),
        catch: (cause) => {
          sound = false
          return deviceFailure(blame)(cause)
        },
      }),
    )

  const save = Effect.fnUntraced(function* (l: number, rolling: boolean) {
    const run = runs[l]!
    const tensors = yield* Effect.tryPromise({
      try: async () => {
        const held: Array<[string, { shape: ReadonlyArray<number>; values: Float32Array | Float64Array }]> = []
        for (const { name, shape: dimensions, storage } of shape.training.buffers) {
          if ((storage !== "parameter" && storage !== "state") || name === shape.training.norm) continue
          held.push([name, { shape: dimensions, values: await executable.read(l, name) }])
        }
        return new Map(held)
      },
      catch: deviceFailure(blame),
    })
    const store = yield* CheckpointStore
    return yield* store.put(
      {
        runId: run.id,
        numericsId,
        tokens: run.tokens,
        step: run.step,
        averages: run.assignment.averages,
        metadata: toMetadata(run.divergence),
        tensors,
      },
      { rolling },
    )
  }, Effect.uninterruptible)

  /** Position of the last checkpoint of each lane. */
  const savedAt = lanes.map(({ from }) => from?.ref.tokens ?? 0)
  const checkpoint = Effect.fnUntraced(function* (l: number, rolling: boolean) {
    const ref = yield* save(l, rolling)
    savedAt[l] = ref.tokens
    events.push({ _tag: "Checkpointed", runId: ref.runId, tokens: ref.tokens, checkpoint: ref })
  })

  let lastSaved = yield* millis
  /** Sequences of the step under way that are in the gradient already. */
  let within = 0
  const pace = makePace({
    chunkMillis: options.chunkMillis,
    block,
    expectedMillis:
      info.flopsPerSecond === undefined
        ? undefined
        : (1000 * lanes.length * cost(shape.training.grad, shape.training, { rows: S }).flops) / info.flopsPerSecond,
  })

  // Leaves a checkpoint wherever the bundle is abandoned, but for a failed device: at the last step boundary, since a step
  // under way has changed no weight. Failing to write one loses time, not results.
  yield* Effect.addFinalizer(() =>
    Effect.forEach(
      runs,
      (run, l) =>
        !sound || run.over || run.tokens === savedAt[l]
          ? Effect.void
          : Effect.catch(save(l, true), (error) =>
              Effect.logWarning(`run ${run.id} stops at ${run.tokens} tokens without a checkpoint: ${error.message}`),
            ),
      { discard: true },
    ),
  )

  /** Runs whole steps, or parts of a long one, up to the next place where a lane wants something or the time is up. */
  const train = Effect.fnUntraced(function* () {
    const active = runs.map((run) => !run.over)
    const { calls, meaning, done, planned } = yield* Effect.try({
      try: () => planChunk(runs, { S, block, microBatch, names, budget: pace.sequences(), within }),
      catch: unreadable(blame),
    })
    const start = yield* millis
    // One uninterruptible piece: either the chunk ran and is accounted for, or neither.
    yield* Effect.uninterruptible(
      Effect.gen(function* () {
        const results = yield* replay(calls, active)
        within = done
        for (const [c, result] of results.entries()) account(meaning[c]!, result)
      }),
    )
    const elapsed = (yield* millis) - start
    pace.measured(planned, elapsed)
  })

  const account = (what: Meaning, result: Float64Array) => {
    for (const [l, run] of runs.entries()) {
      if (run.over) continue
      if ("sequences" in what) {
        for (let i = 0; i < what.sequences; i++) run.stepLoss += result[l * what.sequences + i]!
        continue
      }
      const { end, batch } = what
      const loss = run.stepLoss / batch
      const norm = result[l]!
      run.stepLoss = 0
      run.step += 1
      const before = run.tokens
      run.tokens = end
      const { state, reason } = observe(run.divergence, { loss, norm, vocabulary: shape.training.vocabulary })
      run.divergence = state
      if (reason !== undefined) {
        run.over = true
        events.push({ _tag: "Diverged", runId: run.id, tokens: end, reason })
        continue
      }
      const every = run.assignment.logEvery
      if (every !== undefined && Math.floor(end / every) > Math.floor(before / every)) {
        const eta = etaAt(run.assignment.spec, end)
        events.push({ _tag: "Stepped", runId: run.id, tokens: end, step: run.step, loss, gradientNorm: norm, eta })
      }
    }
  }

  /** Does the next thing that is due: a rolling checkpoint, readings, kept checkpoints, the end of a lane, or training. */
  const advance = Effect.gen(function* () {
    const now = yield* millis
    if (within === 0 && now - lastSaved > options.checkpointMillis) {
      for (const [l, run] of runs.entries()) if (!run.over && run.tokens !== savedAt[l]) yield* checkpoint(l, true)
      lastSaved = yield* millis
    }
    if (within === 0) {
      const most = Math.min(microBatch, pace.sequences())
      events.push(...(yield* takeReadings(runs, { S, microBatch: most, replay, blame })))
      if (events.length > 0) return
      for (const [l, run] of runs.entries()) {
        if (run.over) continue
        if (run.checkpoints.length > 0 && run.checkpoints[0]! <= run.tokens) {
          while (run.checkpoints.length > 0 && run.checkpoints[0]! <= run.tokens) run.checkpoints.shift()
          yield* checkpoint(l, false)
        }
        if (run.tokens >= ends[l]!) {
          if (savedAt[l] !== run.tokens) yield* checkpoint(l, true)
          run.over = true
          events.push({ _tag: "Finished", runId: run.id, tokens: run.tokens, step: run.step })
        }
      }
      if (events.length > 0) return
    }
    yield* train()
    // A device that computes in this thread leaves timers and signals no other chance.
    yield* Effect.yieldNow
  })

  return {
    next: Effect.gen(function* () {
      while (events.length === 0) {
        if (runs.every((run) => run.over)) return yield* Cause.done()
        yield* advance
      }
      return events.shift()!
    }),
  }
})
