/** A `Device` and a source of tokens as a `Backend`. */
import {
  type Assignment,
  Backend,
  type BackendError,
  type Capabilities,
  checkAssignments,
  type Prepared,
  runId,
  tokensNeeded,
} from "@ts/backend"
import { DataSource } from "@ts/data"
import type { Device } from "@ts/program"
import { Effect, Layer, type Scope, Stream } from "effect"
import { makeCorpora } from "./corpora.ts"
import { failure } from "./errors.ts"
import { makePool } from "./pool.ts"
import { bundleKey, planOf, type Shape, shapeOf, startRun } from "./run.ts"
import { type Lane, startSession } from "./session.ts"
import { startingPoint } from "./start.ts"

export interface TrainerOptions {
  /** Short id of the backend, e.g. `cpu`. */
  readonly name: string
  /** Acquired with the layer; released with it where it needs a scope. */
  readonly device: Device | Effect.Effect<Device, BackendError, Scope.Scope>
  /** Tokens in a micro-batch; unless given, up to 4096 within 256 MiB of activations. Changes memory and speed, never a number. */
  readonly microBatchTokens?: number
  /** Most runs in a bundle; unless given, as many as the device holds. */
  readonly lanes?: number
  /** Wall time of one call to the device, milliseconds; 250 unless given. */
  readonly chunkMillis?: number
  /** Wall time between rolling checkpoints, milliseconds; 20 s unless given. */
  readonly checkpointMillis?: number
}

export const trainerBackend = (options: TrainerOptions): Layer.Layer<Backend, BackendError, DataSource> =>
  Layer.effect(
    Backend,
    Effect.gen(function* () {
      const device = Effect.isEffect(options.device) ? yield* options.device : options.device
      const { info } = device
      const blame = { backend: options.name }
      const data = yield* DataSource
      const corpora = makeCorpora(data, blame)
      const pool = yield* makePool(device, blame, options.microBatchTokens)
      const settings = {
        chunkMillis: options.chunkMillis ?? 250,
        checkpointMillis: options.checkpointMillis ?? 20_000,
      }

      const capabilities: Capabilities = {
        backend: options.name,
        device: info.name,
        numerics: { [info.precision]: info.numericsId },
        maxLanes: Math.min(options.lanes ?? info.maxLanes, info.maxLanes),
        concurrency: info.concurrency,
        deterministic: info.deterministic,
        branching: true,
        checkpoints: true,
        averages: true,
        noiseScale: true,
        synthetic: false,
        maxima: {},
        ...(info.flopsPerSecond === undefined ? {} : { flopsPerSecond: info.flopsPerSecond }),
      }

      /** Refuses what can be refused from the documents alone. */
      const check = Effect.fnUntraced(function* (assignments: ReadonlyArray<Assignment>) {
        const problem = checkAssignments(options.name, assignments)
        if (problem !== undefined) return yield* problem
        for (const assignment of assignments) {
          const { spec, noiseScale } = assignment
          const at = { ...blame, runId: runId(spec) }
          if (spec.precision !== info.precision) {
            const message = `precision: ${options.name} computes in ${info.precision}, not ${spec.precision}; use ${info.precision}`
            return yield* failure(at, "Unsupported", message, { field: "precision" })
          }
          const S = spec.model.max_seq_len
          if (
            noiseScale !== undefined &&
            (noiseScale.small % S !== 0 || noiseScale.big % S !== 0 || noiseScale.small >= noiseScale.big)
          ) {
            const message = `noiseScale: ${noiseScale.small} and ${noiseScale.big} tokens must be whole numbers of sequences of ${S}, the first smaller`
            return yield* failure(at, "InvalidSpec", message, { field: "noiseScale" })
          }
          yield* planOf(options.name, assignment)
        }
      })

      const prepare = Effect.fn("prepare")(function* (
        assignments: ReadonlyArray<Assignment>,
      ): Effect.fn.Return<Prepared, BackendError> {
        yield* check(assignments)
        // One opening per corpus, sequence length and vocabulary: for the run that needs most of it.
        const longest = new Map<string, Assignment>()
        for (const assignment of assignments) {
          const { data, model } = assignment.spec
          const key = JSON.stringify([data, model.max_seq_len, model.vocab_size])
          const known = longest.get(key)
          if (known === undefined || tokensNeeded(known) < tokensNeeded(assignment)) longest.set(key, assignment)
        }
        const found = new Map(
          (yield* Effect.forEach([...longest.values()], corpora.prepare)).map((c) => [c.identity, c]),
        )
        return {
          data: [...found.values()].map(({ identity, evaluationId, trainTokens, shards }) => ({
            identity,
            evaluation: evaluationId,
            trainTokens: Number.isFinite(trainTokens) ? trainTokens : null,
            shards: shards.map(({ name, sha256 }) => ({ name, sha256 })),
          })),
        }
      })

      /** The lanes of a bundle in groups that start together. */
      const groups = Effect.fnUntraced(function* (bundle: readonly [Assignment, ...Array<Assignment>]) {
        yield* check(bundle)
        const odd = bundle.find((assignment) => bundleKey(assignment) !== bundleKey(bundle[0]))
        if (odd !== undefined) {
          const message = `bundle: run ${runId(odd.spec)} differs from run ${runId(bundle[0].spec)} in model shape, optimiser kind, batch, precision or averages; train it in a bundle of its own`
          return yield* failure({ ...blame, runId: runId(odd.spec) }, "InvalidSpec", message, { field: "bundle" })
        }
        if (bundle.length > capabilities.maxLanes) {
          const message = `bundle: ${bundle.length} runs are more than the ${capabilities.maxLanes} lanes of ${options.name}; split the bundle`
          return yield* failure(blame, "InvalidSpec", message, { field: "bundle" })
        }
        const twice = bundle.find(
          (assignment, i) => bundle.findIndex((b) => runId(b.spec) === runId(assignment.spec)) < i,
        )
        if (twice !== undefined) {
          const message = `bundle: run ${runId(twice.spec)} is there twice; ask for all its readings in one assignment`
          return yield* failure({ ...blame, runId: runId(twice.spec) }, "InvalidSpec", message, { field: "bundle" })
        }
        const shape = shapeOf(bundle[0])
        const lanes = yield* Effect.forEach(bundle, (assignment) =>
          Effect.gen(function* () {
            const plan = yield* planOf(options.name, assignment)
            const run = startRun(assignment, plan, yield* corpora.open(assignment))
            const from = yield* startingPoint(assignment, shape, info.numericsId, { ...blame, runId: run.id })
            return { run, from }
          }),
        )
        const together = Map.groupBy(lanes, ({ from }) => `${from?.ref.tokens ?? 0} ${from?.ref.step ?? 0}`)
        return [...together.values()].map((group) => ({ shape, group }))
      })

      const session = ({ shape, group }: { readonly shape: Shape; readonly group: ReadonlyArray<Lane> }) =>
        Effect.gen(function* () {
          const compiled = yield* pool.take(shape, group.length)
          const started = yield* startSession(group as [Lane, ...Array<Lane>], shape, compiled, info, blame, settings)
          return Stream.fromEffectRepeat(started.next)
        }).pipe(Stream.unwrap)

      return Backend.of({
        capabilities,
        prepare,
        train: (bundle) =>
          Stream.unwrap(
            Effect.map(groups(bundle), (found) => Stream.flatMap(Stream.fromIterable(found), session)),
          ).pipe(Stream.tapError(({ reason }) => (reason === "Data" ? corpora.forget : Effect.void))),
      })
    }),
  )
