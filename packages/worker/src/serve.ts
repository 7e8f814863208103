/** A backend as a worker: one order in, what happens out. */
import {
  type Assignment,
  Backend,
  BackendError,
  CheckpointStore,
  canonicalJson,
  fileCheckpoints,
  runId,
  startingCheckpoint,
  stepBoundary,
} from "@ts/backend"
import { type DataSource, publishedSource } from "@ts/data"
import { Cause, Effect, type FileSystem, Layer, Logger, type Path, Schema, type Scope, Stream } from "effect"
import { earlierMessages, guardedStore, stillMine, superseded } from "./attempt.ts"
import { decodeOrder, type Message, type Order, PROTOCOL, type TrainOrder } from "./protocol.ts"
import { makeSieve } from "./sieve.ts"
import { makeVoice, type Voice } from "./speak.ts"

export interface WorkerOptions {
  /** Name and version, for people. */
  readonly worker: string
  readonly backend: Layer.Layer<Backend, unknown, DataSource>
  /** Whether its runs read tokens. */
  readonly needsData: boolean
  /** Name of this attempt at the order, where there may be several. */
  readonly attempt?: string
  /** Milliseconds of silence before `Alive`; 30 000 unless given. */
  readonly patience?: number
}

/** How it ended; `stopped`: by interruption, everything reached is in checkpoints. */
export type Ended = "done" | "stopped" | "failed"

const errorFields = (error: unknown): Omit<Extract<Message, { _tag: "Error" }>, "seq" | "_tag"> => {
  if (error instanceof BackendError) {
    const { reason, message, retryable, runId, field } = error
    return {
      reason,
      message,
      retryable,
      ...(runId === undefined ? {} : { runId }),
      ...(field === undefined ? {} : { field }),
    }
  }
  return { reason: "Device", message: error instanceof Error ? error.message : String(error), retryable: false }
}

const Spoken = Schema.fromJsonString(Schema.Struct({ protocol: Schema.Unknown }))

const refused = (message: string, field: string) =>
  new BackendError({ backend: "worker", reason: "Unsupported", message, retryable: false, field })

/** The order, or why it is none: first of all which protocol it is written in. */
const read = Effect.fnUntraced(function* (text: string) {
  const spoken = Schema.decodeUnknownOption(Spoken)(text)
  if (spoken._tag === "None") return yield* refused("the order on standard input is no JSON document", "order")
  const { protocol } = spoken.value
  if (protocol !== PROTOCOL) {
    const message = `protocol: this worker speaks ${PROTOCOL}, the order is written in ${JSON.stringify(protocol)}; install the same version of time-transfer for the driver and its workers`
    return yield* refused(message, "protocol")
  }
  return yield* Effect.mapError(decodeOrder(text), (cause) =>
    refused(
      `the order cannot be understood: ${cause.message}; install the same version of time-transfer for the driver and its workers`,
      "order",
    ),
  )
})

const manifestsOf = (order: Order) => {
  const manifests = new Map<string, string>()
  for (const { assignment, data } of order.do === "describe" ? [] : order.runs) {
    if (data !== undefined) manifests.set(canonicalJson(assignment.spec.data), data)
  }
  return manifests
}

const checkRuns = Effect.fnUntraced(function* (order: Exclude<Order, { do: "describe" }>) {
  for (const run of order.runs) {
    const id = runId(run.assignment.spec)
    if (id !== run.runId)
      return yield* refused(
        `runs: the run named ${run.runId} is ${id} here; install the same version of time-transfer for the driver and its workers`,
        "runs",
      )
  }
})

/** A machine other than the one that was asked may compute otherwise. */
const checkNumerics = Effect.fnUntraced(function* (order: TrainOrder) {
  const { backend, device, numerics } = (yield* Backend).capabilities
  for (const { assignment } of order.runs) {
    const { precision } = assignment.spec
    const wanted = order.numerics[precision]
    if (wanted === numerics[precision]) continue
    return yield* new BackendError({
      backend,
      reason: "Unavailable",
      message: `numerics: ${device} computes ${precision} as ${numerics[precision] ?? "nothing"}, not as ${wanted}: the machines differ; let all workers run on equal ones (a constraint on the node's features)`,
      retryable: false,
      field: "numerics",
    })
  }
})

/** Without the checkpoints that earlier attempts have left where they were asked for: they would be passed again to get there. */
const unkept = Effect.fnUntraced(function* (assignment: Assignment) {
  const { numerics } = (yield* Backend).capabilities
  const { spec, checkpointAt, averages } = assignment
  if (checkpointAt.length === 0) return assignment
  const store = yield* CheckpointStore
  const kept = new Set<number>()
  for (const ref of yield* store.list(runId(spec), numerics[spec.precision]!)) {
    const asked = checkpointAt.some((at) => stepBoundary(spec, at) === ref.tokens)
    if (!asked || !averages.every((decay) => ref.averages.includes(decay))) continue
    // It may have been a rolling one.
    yield* store.keep(ref)
    kept.add(ref.tokens)
  }
  return { ...assignment, checkpointAt: checkpointAt.filter((at) => !kept.has(stepBoundary(spec, at))) }
})

/** Where earlier attempts got further than the checkpoint the order names, the run goes on from there. */
const furthest = Effect.fnUntraced(function* (assignment: Assignment) {
  const { backend, numerics } = (yield* Backend).capabilities
  const { resume, spec } = assignment
  if (resume === undefined) return assignment
  const { resume: _, ...anew } = assignment
  const own = yield* Effect.option(startingCheckpoint(backend, anew, numerics[spec.precision]!))
  const ref = own._tag === "Some" ? own.value : undefined
  return ref !== undefined && ref.runId === runId(spec) && ref.tokens > resume.tokens
    ? { ...assignment, resume: ref }
    : assignment
})

const train = Effect.fnUntraced(function* (order: TrainOrder, { say }: Voice, mine: Effect.Effect<void, BackendError>) {
  yield* checkNumerics(order)
  const backend = yield* Backend
  const sieve = makeSieve(order.runs.map(({ assignment }) => assignment))
  for (const heard of order.journals === undefined ? [] : yield* earlierMessages(order.journals)) {
    for (const message of heard) if (message._tag === "Event") sieve.isNews(message.event)
  }
  const left = yield* Effect.forEach(sieve.left(), unkept)
  const [first, ...more] = yield* Effect.forEach(left, furthest)
  if (first === undefined) return
  yield* backend.prepare([first, ...more])
  yield* Stream.runForEach(backend.train([first, ...more]), (event) =>
    Effect.andThen(mine, say({ _tag: "Event", event })),
  )
})

const follow = Effect.fnUntraced(function* (
  order: Order,
  voice: Voice,
  { worker, needsData, attempt }: WorkerOptions,
): Effect.fn.Return<void, BackendError, Backend | FileSystem.FileSystem | Path.Path | Scope.Scope> {
  const { capabilities, prepare } = yield* Backend
  yield* voice.say({ _tag: "Hello", protocol: PROTOCOL, worker, needs: needsData ? ["data"] : [], capabilities })
  if (order.do === "describe") return
  yield* checkRuns(order)
  if (order.do === "check") return yield* Effect.asVoid(prepare(order.runs.map(({ assignment }) => assignment)))
  const { checkpoints, journals } = order
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const mine =
    journals === undefined || attempt === undefined
      ? Effect.void
      : Effect.provide(stillMine(journals, attempt), context)
  const files = yield* Layer.build(fileCheckpoints(checkpoints))
  const store = yield* Effect.provide(CheckpointStore, files)
  yield* Effect.provideService(train(order, voice, mine), CheckpointStore, guardedStore(store, mine))
})

/**
 * Follows the order and says what happens, `Hello` to `End`. Interrupted, it stops at a step boundary, writes a checkpoint, and says
 * so: it does not fail.
 */
export const serve = (
  order: Effect.Effect<string>,
  write: (line: string) => Effect.Effect<void>,
  options: WorkerOptions,
): Effect.Effect<Ended, never, FileSystem.FileSystem | Path.Path> =>
  Effect.uninterruptibleMask(
    (restore) =>
      Effect.scoped(
        Effect.gen(function* () {
          const voice = yield* makeVoice(write, options.patience)
          const followed = yield* Effect.gen(function* () {
            const document = yield* read(yield* order)
            const manifests = manifestsOf(document)
            const source = publishedSource((spec) => manifests.get(canonicalJson(spec)))
            yield* Effect.provide(
              Effect.scoped(follow(document, voice, options)),
              Layer.provide(options.backend, source),
            )
          }).pipe(restore, Effect.exit)
          if (followed._tag === "Success") {
            yield* voice.say({ _tag: "End", how: "done" })
            return "done"
          }
          const error = Cause.findErrorOption(followed.cause)
          // Without another word: whatever it says now would be taken for the later attempt's.
          if (error._tag === "Some" && error.value === superseded) return "failed"
          if (error._tag === "None" && Cause.hasInterrupts(followed.cause)) {
            yield* voice.say({ _tag: "End", how: "stopped" })
            return "stopped"
          }
          const fields = errorFields(error._tag === "Some" ? error.value : Cause.squash(followed.cause))
          yield* voice.say({ _tag: "Error", ...fields })
          return "failed"
        }),
      ),
    // Standard output is for messages.
  ).pipe(Effect.provideService(Logger.LogToStderr, true))
