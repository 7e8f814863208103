/** One small study that every backend completes: two batches, two learning rates, three horizons. */
import { type Assignment, Backend, type RunEvent, RunSpec, type RunSpecInput, runId } from "@ts/backend"
import { Effect, Schema, Stream } from "effect"

export const fixtureSpec: RunSpecInput = {
  model: { d_model: 32, n_layers: 1, n_heads: 2, max_seq_len: 16, vocab_size: 64 },
  parametrisation: { kind: "mup", baseWidth: 32 },
  optimizer: { kind: "adamw", decay: "independent" },
  eta: 2 ** -7,
  schedule: { kind: "constant_with_warmup", warmup: 128 },
  batch: { kind: "constant", tokens: 64 },
  data: {
    source: { kind: "synthetic", vocabulary: 64, order: 1, seed: 1 },
    tokenizer: { kind: "none" },
    validation: { tokens: 256, seed: 1 },
    seed: 1,
  },
  seed: 1,
}

export interface FixtureStudy {
  readonly spec: (change?: Partial<RunSpecInput>) => RunSpec
  /** Reads the run at 512, 1000 (not a step boundary) and 2048 tokens. */
  readonly assignment: (change?: Partial<RunSpecInput>, readings?: Partial<Assignment>) => Assignment
}

export const fixtureStudy = (overrides: Partial<RunSpecInput> = {}): FixtureStudy => {
  const spec = (change: Partial<RunSpecInput> = {}) =>
    Schema.decodeUnknownSync(RunSpec)({ ...fixtureSpec, ...overrides, ...change })
  return {
    spec,
    assignment: (change, readings) => ({
      spec: spec(change),
      until: 2048,
      evaluateAt: [512, 1000, 2048],
      checkpointAt: [],
      averages: [],
      ...readings,
    }),
  }
}

/** All events of a bundle, but for waiting in a queue. */
export const train = (...bundle: readonly [Assignment, ...Array<Assignment>]) =>
  Effect.gen(function* () {
    const backend = yield* Backend
    yield* backend.prepare(bundle)
    return yield* backend.train(bundle).pipe(
      Stream.filter(({ _tag }) => _tag !== "Queued"),
      Stream.runCollect,
    )
  })

export const eventsOf = (events: ReadonlyArray<RunEvent>, assignment: Assignment) => {
  const id = runId(assignment.spec)
  return events.filter((event) => event.runId === id)
}

/** The readings of one run, as comparable lines. */
export const readings = (events: ReadonlyArray<RunEvent>, assignment: Assignment): ReadonlyArray<string> =>
  eventsOf(events, assignment).flatMap((event) =>
    event._tag === "Evaluated"
      ? [`${event.requested} @${event.tokens} step ${event.step} ${event.average}: ${event.loss}`]
      : [],
  )

export const startOf = (events: ReadonlyArray<RunEvent>, assignment: Assignment): number | undefined =>
  eventsOf(events, assignment).find((event) => event._tag === "Started")?.tokens
