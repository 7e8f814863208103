/** Studies that go through a storm, and what they have to come out with. */
import { type Backend, type CheckpointStore, memoryCheckpoints } from "@ts/backend"
import { fixtureSpec } from "@ts/backend-conformance"
import { CpuBackend } from "@ts/backend-cpu"
import { SurrogateBackend } from "@ts/backend-surrogate"
import { Store, Study, Sweep } from "@ts/sweep"
import { Effect, Layer, Stream } from "effect"

export type Trainer = "surrogate" | "cpu"

export const locally: Readonly<Record<Trainer, Layer.Layer<Backend, unknown>>> = {
  surrogate: SurrogateBackend.layer,
  cpu: CpuBackend.layer,
}

/** So many short runs, each read twice; `tokens` of each, and its steps are of 64 sequences. */
export const shortRuns = (name: string, count: number, tokens: number): Study =>
  Study.make({
    name,
    model: fixtureSpec.model,
    parametrisation: { kind: "mup", baseWidth: 32 },
    optimizer: { kind: "adamw", decay: "independent" },
    schedule: { kind: "constant_with_warmup", warmup: 2048 },
    data: { synthetic: { vocabulary: 64, order: 1, seed: 1 }, validation: { tokens: 512, seed: 1 } },
    batch: 1024,
    horizon: [tokens / 2, tokens],
    eta: 0.01,
    seeds: Array.from({ length: count }, (_, i) => i + 1),
    logEvery: tokens / 8,
  })

export interface Measured {
  /** Rows and readings as text, sorted, to the last bit. */
  readonly lines: ReadonlyArray<string>
  /** Readings by what they are about. */
  readonly keys: ReadonlySet<string>
  /** Readings told more than once. */
  readonly doubled: number
  /** Readings that contradict each other. */
  readonly inconsistent: number
  /** Runs that a plan would still train. */
  readonly left: number
}

/** What the store holds of a study. */
export const measured = (study: Study): Effect.Effect<Measured, unknown, Store | Backend | CheckpointStore> =>
  Effect.gen(function* () {
    const rows = yield* Store.rows(study)
    const journal = yield* Stream.runCollect(Stream.unwrap(Store.useSync((store) => store.journal())))
    const readings = journal.flatMap(({ event }) =>
      event._tag === "Evaluated"
        ? [`reading ${event.runId} ${event.requested} ${event.average} ${event.tokens} ${event.loss}`]
        : [],
    )
    const keys = new Set(readings.map((line) => line.split(" ").slice(0, 4).join(" ")))
    const lines = rows.map((row) => `row ${row.runId} ${row.tokens} ${row.average} ${row.status} ${row.loss}`)
    return {
      keys,
      lines: [...lines, ...new Set(readings)].sort(),
      doubled: readings.length - keys.size,
      inconsistent: journal.filter(({ event }) => event._tag === "Inconsistent").length,
      left: (yield* Sweep.plan(study)).runs.length,
    }
  })

/** What an undisturbed sweep on this machine measures. */
export const undisturbed = (study: Study, trainer: Trainer): Promise<Measured> =>
  Effect.gen(function* () {
    yield* Stream.runDrain(Sweep.run(yield* Sweep.plan(study)))
    return yield* measured(study)
  }).pipe(Effect.provide(Layer.mergeAll(locally[trainer], Store.memory, memoryCheckpoints)), Effect.runPromise)
