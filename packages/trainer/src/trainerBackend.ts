/** A `Device` and a source of tokens as a `Backend`. */
import {
  type Assignment,
  Backend,
  type BackendError,
  type Capabilities,
  type CheckpointStore,
  checkAssignments,
  type Prepared,
  type RunEvent,
  runId,
  tokensNeeded,
} from "@ts/backend"
import { DataSource } from "@ts/data"
import { type Device, type DeviceInfo, type Precision, TooLarge } from "@ts/program"
import { Effect, Layer, type Scope, Stream } from "effect"
import { makeCorpora } from "./corpora.ts"
import { failure } from "./errors.ts"
import { makePool, type Pool } from "./pool.ts"
import { bundleKey, planOf, type Shape, shapeOf, startRun } from "./run.ts"
import { type Lane, startSession } from "./session.ts"
import { startingPoint } from "./start.ts"

type Devices = Device | readonly [Device, ...Array<Device>]

export interface TrainerOptions {
  /** Short id of the backend, e.g. `cpu`. */
  readonly name: string
  /** One, or one for each precision of the same hardware. Acquired with the layer; released with it where it needs a scope. */
  readonly device: Devices | Effect.Effect<Devices, BackendError, Scope.Scope>
  /** Tokens in a micro-batch; unless given, up to 4096 within 256 MiB of activations. Changes memory and speed, never a number. */
  readonly microBatchTokens?: number
  /** Most runs in a bundle; unless given, as many as the device holds. */
  readonly lanes?: number
  /** Wall time of one call to the device, milliseconds; 250 unless given. */
  readonly chunkMillis?: number
  /** Wall time between rolling checkpoints, milliseconds; 20 s unless given. */
  readonly checkpointMillis?: number
}

/** Runs that start together. */
interface Work {
  readonly on: { readonly info: DeviceInfo; readonly pool: Pool }
  readonly shape: Shape
  readonly group: ReadonlyArray<Lane>
}

export const trainerBackend = (options: TrainerOptions): Layer.Layer<Backend, BackendError, DataSource> =>
  Layer.effect(
    Backend,
    Effect.gen(function* () {
      const given = Effect.isEffect(options.device) ? yield* options.device : options.device
      const devices: readonly [Device, ...Array<Device>] = "info" in given ? [given] : given
      const blame = { backend: options.name }
      const data = yield* DataSource
      const corpora = makeCorpora(data, blame)
      const pools = new Map<Precision, { readonly info: DeviceInfo; readonly pool: Pool }>()
      for (const device of devices) {
        const { precision } = device.info
        if (pools.has(precision)) return yield* Effect.die(new Error(`${options.name} has two devices of ${precision}`))
        const pool = yield* makePool(device, blame, options.microBatchTokens)
        pools.set(precision, { info: device.info, pool })
      }
      const { info } = devices[0]
      const mostLanes = Math.min(...devices.map((device) => device.info.maxLanes))
      const settings = {
        chunkMillis: options.chunkMillis ?? 250,
        checkpointMillis: options.checkpointMillis ?? 20_000,
      }

      const capabilities: Capabilities = {
        backend: options.name,
        device: info.name,
        numerics: Object.fromEntries([...pools].map(([precision, { info }]) => [precision, info.numericsId])),
        maxLanes: Math.min(options.lanes ?? mostLanes, mostLanes),
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
          if (!pools.has(spec.precision)) {
            const offered = [...pools.keys()].join(" or ")
            const message = `precision: ${options.name} computes in ${offered}, not ${spec.precision}; use ${offered}`
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
        const on = pools.get(bundle[0].spec.precision)!
        const lanes = yield* Effect.forEach(bundle, (assignment) =>
          Effect.gen(function* () {
            const plan = yield* planOf(options.name, assignment)
            const run = startRun(assignment, plan, yield* corpora.open(assignment))
            const from = yield* startingPoint(assignment, shape, on.info.numericsId, { ...blame, runId: run.id })
            return { run, from }
          }),
        )
        const together = Map.groupBy(lanes, ({ from }) => `${from?.ref.tokens ?? 0} ${from?.ref.step ?? 0}`)
        return [...together.values()].map((group) => ({ on, shape, group }))
      })

      /** A group that is too large for the device goes half by half. */
      const session = (work: Work): Stream.Stream<RunEvent, BackendError, CheckpointStore> =>
        Effect.gen(function* () {
          const { on, shape, group } = work
          const compiled = yield* on.pool.take(shape, group.length)
          const started = yield* startSession(
            group as [Lane, ...Array<Lane>],
            shape,
            compiled,
            on.info,
            blame,
            settings,
          )
          return Stream.fromEffectRepeat(started.next)
        }).pipe(
          Effect.catchIf(
            ({ cause }) => cause instanceof TooLarge && work.group.length > 1,
            () => {
              const half = Math.ceil(work.group.length / 2)
              const [first, second] = [work.group.slice(0, half), work.group.slice(half)]
              return Effect.succeed(
                Stream.concat(session({ ...work, group: first }), session({ ...work, group: second })),
              )
            },
          ),
          Stream.unwrap,
        )

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
