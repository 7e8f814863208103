/** Any command that speaks the worker protocol, as a backend on this machine: `ProcessBackend.layerWith`. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Backend, BackendError, CheckpointStore, checkCapable, fileCheckpoints, type RunEvent } from "@ts/backend"
import type { DataSource } from "@ts/data"
import { type Message, makeMirror, makePublishing, makeSieve, orderRuns, PROTOCOL } from "@ts/worker"
import { Effect, Layer, type Scope, Stream } from "effect"
import { type Command, converse } from "./child.ts"

export interface ProcessOptions extends Command {
  /** Workers at a time; as many as the worker says of itself unless given. */
  readonly concurrency?: number
  /** Where the tokens lie that workers read, kept for the next time; a folder of its own for each sweep unless given. */
  readonly data?: string
}

const scratch: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "time-transfer-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
)

type Hello = Extract<Message, { readonly _tag: "Hello" }>

/** What the worker says of itself. */
const describe = Effect.fnUntraced(function* (options: ProcessOptions): Effect.fn.Return<Hello, BackendError> {
  const said = yield* Stream.runCollect(converse(options, { protocol: PROTOCOL, do: "describe" }))
  const hello = said.find((message) => message._tag === "Hello")
  if (hello?.protocol === PROTOCOL) return hello
  const what = hello === undefined ? "says nothing of itself" : `speaks protocol ${hello.protocol}, not ${PROTOCOL}`
  return yield* new BackendError({
    backend: "process",
    reason: "Unsupported",
    message: `the worker \`${options.command.join(" ")}\` ${what}; see the page PROTOCOL.md of @ts/worker`,
    retryable: false,
  })
})

const make = Effect.fnUntraced(function* (options: ProcessOptions) {
  const { capabilities: announced, needs } = yield* describe(options)
  const capabilities = { ...announced, concurrency: options.concurrency ?? announced.concurrency }
  const publishing = yield* makePublishing(announced.backend, options.data ?? (yield* scratch))

  /** A folder of checkpoints that workers reach: the study's, or one that goes with the bundle. */
  const workFolder = Effect.fnUntraced(function* (bundle: Parameters<Backend["Service"]["train"]>[0]) {
    const store = yield* CheckpointStore
    if (store.folder !== undefined) return { folder: store.folder, told: (event: RunEvent) => Effect.succeed([event]) }
    const folder = yield* scratch
    const files = yield* Effect.provide(
      CheckpointStore,
      yield* Layer.build(fileCheckpoints(folder).pipe(Layer.provide(NodeServices.layer))),
    )
    const mirror = yield* makeMirror(store, files, capabilities, bundle)
    // After the worker has ended, which the stream's own finalizer sees to.
    yield* Effect.addFinalizer(() => Effect.ignore(mirror.settle))
    return { folder, told: mirror.told }
  })

  return Backend.of({
    capabilities,
    prepare: Effect.fnUntraced(function* (assignments) {
      const refusal = checkCapable(capabilities, assignments)
      if (refusal !== undefined) return yield* refusal
      const [first, ...more] = assignments
      if (first === undefined) return { data: [] }
      const prepared = needs.includes("data") ? yield* publishing.prepare(assignments) : { data: [] }
      const runs = yield* orderRuns([first, ...more], needs, publishing)
      yield* Stream.runDrain(converse(options, { protocol: PROTOCOL, do: "check", runs }))
      return prepared
    }),
    train: (bundle) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const refusal = checkCapable(capabilities, bundle)
          if (refusal !== undefined) return yield* refusal
          const { folder, told } = yield* workFolder(bundle)
          const runs = yield* orderRuns(bundle, needs, publishing)
          const { numerics } = capabilities
          const sieve = makeSieve(bundle)
          return converse(options, { protocol: PROTOCOL, do: "train", runs, checkpoints: folder, numerics }).pipe(
            Stream.flatMap((message) =>
              message._tag === "Event" && sieve.isNews(message.event)
                ? Stream.fromIterableEffect(told(message.event))
                : Stream.empty,
            ),
          )
        }),
      ),
  })
})

export const ProcessBackend = {
  /** The worker is asked what it can do when the layer is built. */
  layerWith: (options: ProcessOptions): Layer.Layer<Backend, BackendError, DataSource> =>
    Layer.effect(Backend, make(options)),
}
