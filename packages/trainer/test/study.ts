/** A small run on the reference device, and shorthands to train it. */
import {
  type Assignment,
  Backend,
  type BackendError,
  CheckpointStore,
  memoryCheckpoints,
  type RunEvent,
  RunSpec,
  type RunSpecInput,
  runId,
} from "@ts/backend"
import { DataSource } from "@ts/data"
import { referenceDevice } from "@ts/program"
import { Effect, Layer, Schema, Stream } from "effect"
import { type TrainerOptions, trainerBackend } from "../src/index.ts"

export const specInput: RunSpecInput = {
  model: { d_model: 8, n_layers: 1, n_heads: 2, max_seq_len: 8, vocab_size: 16, expansion_ratio: 2 },
  parametrisation: { kind: "mup", baseWidth: 8 },
  optimizer: { kind: "adamw", decay: "independent", weightDecay: 0.01 },
  eta: 2 ** -6,
  schedule: { kind: "constant_with_warmup", warmup: 128 },
  batch: { kind: "constant", tokens: 32 },
  data: {
    source: { kind: "synthetic", vocabulary: 16, order: 1, seed: 1 },
    tokenizer: { kind: "none" },
    validation: { tokens: 128, seed: 1 },
    seed: 1,
  },
  seed: 1,
  precision: "f64",
}

export const specOf = (change: Partial<RunSpecInput> = {}): RunSpec =>
  Schema.decodeUnknownSync(RunSpec)({ ...specInput, ...change })

export const assign = (change: Partial<RunSpecInput> = {}, readings: Partial<Assignment> = {}): Assignment => ({
  spec: specOf(change),
  until: 640,
  evaluateAt: [],
  checkpointAt: [],
  averages: [],
  ...readings,
})

export type Services = Backend | CheckpointStore

/** A fresh backend with an empty checkpoint store. */
export const fresh = (options: Partial<TrainerOptions> = {}): Layer.Layer<Services> =>
  trainerBackend({ name: "reference", device: referenceDevice(), ...options }).pipe(
    Layer.provide(DataSource.layer()),
    Layer.provideMerge(memoryCheckpoints),
    Layer.orDie,
  )

export const run = <A, E>(effect: Effect.Effect<A, E, Services>, options: Partial<TrainerOptions> = {}): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, fresh(options)))

export const train = (...bundle: readonly [Assignment, ...Array<Assignment>]) =>
  Stream.unwrap(Effect.map(Backend, (backend) => backend.train(bundle))).pipe(Stream.runCollect)

/** The error that a bundle is refused with, by `train`. */
export const refusal = (
  ...bundle: readonly [Assignment, ...Array<Assignment>]
): Effect.Effect<BackendError, ReadonlyArray<RunEvent>, Services> => Effect.flip(train(...bundle))

export const only = <T extends RunEvent["_tag"]>(events: ReadonlyArray<RunEvent>, tag: T, of?: Assignment) =>
  events.filter(
    (event): event is Extract<RunEvent, { _tag: T }> =>
      event._tag === tag && (of === undefined || event.runId === runId(of.spec)),
  )

export const losses = (events: ReadonlyArray<RunEvent>, of?: Assignment): ReadonlyArray<readonly [number, number]> =>
  only(events, "Stepped", of).map(({ tokens, loss }) => [tokens, loss])

/** Hash of a run's last checkpoint: equal only if weights, optimiser state, averages and divergence state all are. */
export const lastHash = (assignment: Assignment) =>
  Effect.gen(function* () {
    const store = yield* CheckpointStore
    const numericsId = (yield* Backend).capabilities.numerics[assignment.spec.precision]!
    return (yield* store.list(runId(assignment.spec), numericsId)).at(-1)?.hash
  })

/** All checkpoints of a run, opened, by position. */
export const checkpoints = (assignment: Assignment) =>
  Effect.gen(function* () {
    const store = yield* CheckpointStore
    const numericsId = (yield* Backend).capabilities.numerics[assignment.spec.precision]!
    return yield* Effect.forEach(yield* store.list(runId(assignment.spec), numericsId), store.get)
  })
