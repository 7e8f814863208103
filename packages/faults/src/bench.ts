/** One backend, one small study, and what an undisturbed sweep of it measures. */
import { Backend, type Capabilities, type CheckpointStore, type RunSpecInput } from "@ts/backend"
import { random } from "@ts/random"
import {
  type JournalEntry,
  type RunOptions,
  Store,
  type StoreError,
  type Study,
  type StudyError,
  type Summary,
  Sweep,
  type SweepEvent,
} from "@ts/sweep"
import { Effect, type FileSystem, Layer, Schedule, Stream } from "effect"
import { acknowledging, writeAcknowledgements } from "./acknowledge.ts"
import { type BackendLayer, type BackendModule, loadBackend } from "./loadBackend.ts"
import { smallStudy } from "./smallStudy.ts"
import { acknowledgementsOf, newFolder, storeIn } from "./studyFolder.ts"

export interface BenchOptions {
  /** Name of the layer among the module's exports, `layer` unless given; a dot goes into an object. */
  readonly export?: string
  /** Changes to the spec of the small study, where a backend needs them. */
  readonly spec?: Partial<RunSpecInput>
  /** A study of one's own instead; it has to end without failures. */
  readonly study?: Study
  /** What processes run, where it is not the module itself but a bundle made of it. */
  readonly processes?: () => Promise<BackendModule>
  /** Follows from the clock unless given; printed, and what it draws is drawn again by the same seed. */
  readonly seed?: number
}

export interface Bench {
  /** What processes run. */
  readonly backend: BackendModule
  readonly layer: BackendLayer
  readonly capabilities: Capabilities
  readonly study: Study
  readonly seed: number
  /** Rows of an undisturbed sweep, as `measured` gives them. */
  readonly truth: ReadonlyArray<string>
  /** Events in the journal of an undisturbed sweep. */
  readonly events: number
  readonly newFolder: () => string
  /** A whole number from 0 to below n, by the bench's seed and the name of the draw. */
  readonly draw: (name: string, n: number) => number
}

/** Tries again at once and often: a test does not wait. */
export const patiently = Schedule.spaced("10 millis").pipe(Schedule.upTo({ times: 50 }))

export const readJournal = Effect.flatMap(Store, (store) => Stream.runCollect(store.journal()))

/** Rows as comparable text: to the last bit where the backend promises equal numbers. */
const rowsAsText = (study: Study, deterministic: boolean) =>
  Effect.map(Store.rows(study), (rows) =>
    rows.map((row) =>
      ["row", row.runId, row.tokens, row.average, row.status, row.steps, ...(deterministic ? [row.loss] : [])].join(
        " ",
      ),
    ),
  )

/** The same of the readings in a journal (those of branches are in no row), each once however often it was told. */
const readingsAsText = (journal: ReadonlyArray<JournalEntry>, deterministic: boolean): ReadonlyArray<string> => {
  const lines = journal.flatMap(({ event }) => {
    if (event._tag !== "Evaluated") return []
    const { runId, requested, average, tokens, loss } = event
    return [["reading", runId, requested, average, tokens, ...(deterministic ? [loss] : [])].join(" ")]
  })
  return [...new Set(lines)]
}

/** All that was measured, sorted. */
export const measured: (
  study: Study,
  deterministic: boolean,
  journal: ReadonlyArray<JournalEntry>,
) => Effect.Effect<ReadonlyArray<string>, StoreError | StudyError, Store> = Effect.fnUntraced(function* (
  study: Study,
  deterministic: boolean,
  journal: ReadonlyArray<JournalEntry>,
) {
  return [...(yield* rowsAsText(study, deterministic)), ...readingsAsText(journal, deterministic)].sort()
})

export const sweep = (study: Study, options: RunOptions = {}) =>
  Effect.gen(function* () {
    const plan = yield* Sweep.plan(study)
    return yield* Stream.runCollect(Sweep.run(plan, { retry: patiently, ...options }))
  })

export const summaryOf = (events: ReadonlyArray<SweepEvent>): Summary => {
  const last = events.at(-1)
  if (last?._tag !== "Summary") throw new Error(`the sweep ended with ${JSON.stringify(last)}, not with a summary`)
  return last
}

export interface Surroundings {
  readonly backend?: BackendLayer
  readonly files?: Layer.Layer<FileSystem.FileSystem>
}

/** Runs a program on the backend and the store of a folder; what appends returned for is written down there. */
export const within = <A, E>(
  bench: Bench,
  folder: string,
  program: Effect.Effect<A, E, Backend | Store | CheckpointStore>,
  { backend = bench.layer, files }: Surroundings = {},
): Effect.Effect<A, unknown> =>
  Effect.suspend(() =>
    program.pipe(
      Effect.provide(
        Layer.fresh(
          Layer.provideMerge(
            backend,
            acknowledging(writeAcknowledgements(acknowledgementsOf(folder)))(storeIn(folder, files)),
          ),
        ),
      ),
    ),
  )

export const makeBench = async (module: URL | string, options: BenchOptions = {}): Promise<Bench> => {
  const backend: BackendModule = { module: String(module), name: options.export ?? "layer" }
  const layer = await loadBackend(backend)
  const seed = options.seed ?? Date.now() % 1_000_000
  const undisturbed = Effect.gen(function* () {
    const { capabilities } = yield* Backend
    const study = options.study ?? smallStudy(capabilities, options.spec)
    const { failed } = summaryOf(yield* sweep(study))
    if (failed.length > 0) throw new Error(`undisturbed, ${failed.length} runs fail: ${failed[0]!.message}`)
    const journal = yield* readJournal
    const truth = yield* measured(study, capabilities.deterministic, journal)
    return { study, capabilities, events: journal.length, truth }
  })
  const found = await Effect.runPromise(
    undisturbed.pipe(Effect.provide(Layer.fresh(Layer.provideMerge(layer, Store.memory)))),
  )
  return {
    backend: (await options.processes?.()) ?? backend,
    layer,
    seed,
    ...found,
    newFolder: () => newFolder(found.study),
    draw: (name, n) => random(seed, name).below(0, n),
  }
}
