/** A backend whose training happens in processes of its own, which can be killed under it. */
import { fork } from "node:child_process"
import {
  type Assignment,
  Backend,
  BackendError,
  type Capabilities,
  CheckpointStore,
  checkAssignments,
  type RunEvent,
  runId,
} from "@ts/backend"
import { Cause, Effect, Layer, Queue, Stream } from "effect"
import type { Order, Step } from "./trainingWorker.ts"

const capabilities: Capabilities = {
  backend: "forking",
  device: "processes",
  numerics: { f32: "forking-v1" },
  maxLanes: 1,
  concurrency: 2,
  deterministic: true,
  branching: false,
  checkpoints: true,
  averages: false,
  noiseScale: false,
  synthetic: false,
  maxima: {},
}

const atWork = new Set<number>()
/** Ids of the processes that train now. */
export const workers = (): ReadonlyArray<number> => [...atWork]

/** The steps that a process makes; fails when it ends before the last. */
const stepsOf = (order: Order) =>
  Stream.callback<Step, BackendError>((queue) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const child = fork(new URL("./trainingWorker.ts", import.meta.url), { execArgv: [] })
        atWork.add(child.pid!)
        let reached = order.tokens
        child.on("message", (step: Step) => {
          reached = step.tokens
          Queue.offerUnsafe(queue, step)
        })
        child.on("exit", (code, signal) => {
          atWork.delete(child.pid!)
          if (reached >= order.until) return Queue.endUnsafe(queue)
          const message = `the training process ended with ${signal ?? code} at ${reached} tokens`
          Queue.failCauseUnsafe(
            queue,
            Cause.fail(new BackendError({ backend: "forking", reason: "Device", message, retryable: true })),
          )
        })
        child.send(order)
        return child
      }),
      (child) => Effect.sync(() => child.kill("SIGKILL")),
    ),
  )

const train = (assignment: Assignment): Stream.Stream<RunEvent, BackendError, CheckpointStore> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { spec, resume, until, evaluateAt, checkpointAt } = assignment
      const checkpoints = yield* CheckpointStore
      const id = runId(spec)
      const numericsId = capabilities.numerics[spec.precision]!
      const from = resume === undefined ? undefined : yield* checkpoints.get(resume)
      const batch = spec.batch.kind === "constant" ? spec.batch.tokens : Number.NaN
      const start = { x: from?.metadata["x"] ?? 1 + spec.seed, tokens: from?.tokens ?? 0, step: from?.step ?? 0 }
      // What is asked at the boundary it starts from is answered there.
      let before = start.tokens - batch
      const told = Effect.fnUntraced(function* ({ x, tokens, step }: Step) {
        const events: Array<RunEvent> = []
        const passed = (at: number) => before < at && at <= tokens
        for (const requested of evaluateAt.filter(passed)) {
          const at = { runId: id, tokens, requested, step, average: "none", evaluation: "validation" }
          events.push({ _tag: "Evaluated", ...at, loss: 2 + x })
        }
        const last = tokens >= until
        if (last || checkpointAt.some(passed)) {
          const state = { runId: id, numericsId, tokens, step, averages: [], metadata: { x }, tensors: new Map() }
          const checkpoint = yield* checkpoints.put(state, { rolling: last })
          events.push({ _tag: "Checkpointed", runId: id, tokens, checkpoint })
        }
        if (last) events.push({ _tag: "Finished", runId: id, tokens, step })
        before = tokens
        return events
      })
      const started: RunEvent = {
        _tag: "Started",
        runId: id,
        tokens: start.tokens,
        numericsId,
        synthetic: false,
        ...(resume === undefined ? {} : { resumedFrom: resume }),
      }
      const steps = stepsOf({ ...start, until, batch, eta: spec.eta })
      return (from === undefined ? steps : Stream.concat(Stream.succeed(start), steps)).pipe(
        Stream.mapEffect(told),
        Stream.flatMap(Stream.fromIterable),
        (events) => Stream.concat(Stream.succeed(started), events),
      )
    }),
  )

export const layer = Layer.succeed(
  Backend,
  Backend.of({
    capabilities,
    prepare: (assignments) => {
      const problem = checkAssignments("forking", assignments)
      return problem === undefined ? Effect.succeed({ data: [] }) : Effect.fail(problem)
    },
    train: (bundle) => Stream.flatMap(Stream.fromIterable(bundle), train),
  }),
)
