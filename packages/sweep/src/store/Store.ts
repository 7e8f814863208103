/**
 * The store of a study: an append-only journal in one SQLite file, and tables that are views of it.
 *
 * What `append` has returned for survives a kill and a power loss. A reading is kept once: the same number again is
 * ignored, another number under numerics that promise equal ones is recorded as an inconsistency and the first stays.
 */

import { type CheckpointRef, CheckpointStore, type Prepared } from "@ts/backend"
import type { Row } from "@ts/fit"
import { Context, type Duration, Effect, Layer, type Scope, type Stream } from "effect"
import { platform } from "#platform"
import type { StoreError, StudyError } from "../errors.ts"
import type { Study } from "../study/index.ts"
import type { StudyRun } from "../study/Study.ts"
import type { DriverInfo } from "./driver.ts"
import { storeFailure } from "./failure.ts"
import type { JournalEntry, JournalEvent } from "./journal.ts"
import { makeStore } from "./makeStore.ts"
import type { Recovery } from "./recoveries.ts"
import type { Asked } from "./rows.ts"
import { migrate } from "./schema.ts"
import { sqliteClient } from "./sqlite.ts"

/** What the store knows of a run under one `numericsId`. */
export interface RunState {
  readonly runId: string
  readonly numericsId: string
  /** Keys (`readingKey`, `noiseScaleKey`) of the readings taken. */
  readonly readings: ReadonlySet<string>
  /** The furthest step boundary heard of. */
  readonly tokens: number
  /** It ended as its last assignment asked. */
  readonly finished: boolean
  readonly diverged?: { readonly tokens: number; readonly reason: string }
  /** Stopped as hopeless after this step boundary. */
  readonly pruned?: { readonly tokens: number; readonly reason: string }
  /** Why its last attempt failed. */
  readonly failure?: string
}

/** Who writes, and whether its numbers promise to be equal each time. */
export interface DriverOptions {
  readonly study: string
  readonly backend: string
  readonly device: string
  readonly deterministic: boolean
}

/** The right to write, held by one driver at a time. */
export interface Session {
  readonly id: string
  /**
   * Durable when it returns: all of the events or none. Gives back the entries as journalled, those that record an
   * inconsistency among them.
   */
  readonly append: (
    events: ReadonlyArray<{ readonly event: JournalEvent; readonly numericsId?: string }>,
  ) => Effect.Effect<ReadonlyArray<JournalEntry>, StoreError>
  /** Journals what is asked of runs, where it was not asked before. */
  readonly planned: (
    runs: ReadonlyArray<Pick<StudyRun, "runId" | "spec" | "horizons" | "probes" | "averages">>,
  ) => Effect.Effect<ReadonlyArray<JournalEntry>, StoreError>
  /** Records what was prepared, or fails with `DataChanged` when an earlier session prepared something else. */
  readonly prepared: (prepared: Prepared) => Effect.Effect<void, StoreError>
}

/** Results to take back: all of a run, or its readings at one horizon. */
export interface Removal {
  readonly runId: string
  readonly requested?: number
}

export interface StoreService {
  /** The file, or `:memory:`. */
  readonly path: string
  /** Becomes the one driver until the scope closes; `DriverActive` when there is another, `OtherStudy` when it holds another study's results. */
  readonly drive: (options: DriverOptions) => Effect.Effect<Session, StoreError, Scope.Scope>
  /** Name of the study whose results it holds; `undefined` while it holds none. */
  readonly study: Effect.Effect<string | undefined, StoreError>
  /** The driver at work now, in this process or another. */
  readonly driver: Effect.Effect<DriverInfo | undefined, StoreError>
  /** Every run of the store, by `runId` then `numericsId`. */
  readonly runs: Effect.Effect<ReadonlyMap<string, ReadonlyMap<string, RunState>>, StoreError>
  readonly run: (runId: string, numericsId: string) => Effect.Effect<RunState | undefined, StoreError>
  /** Checkpoints the journal heard of, by position; the checkpoint store knows which are still there. */
  readonly checkpoints: (runId: string, numericsId: string) => Effect.Effect<ReadonlyArray<CheckpointRef>, StoreError>
  /** Runs whose checkpoints nobody has looked through since they last trained. */
  readonly uncleared: Effect.Effect<ReadonlyArray<{ readonly runId: string; readonly numericsId: string }>, StoreError>
  /** Every run ever planned, with all that was asked of it. */
  readonly asked: Effect.Effect<ReadonlyArray<Asked>, StoreError>
  /** Rows for `@ts/fit`: of the study's readings, or of everything ever asked for. */
  readonly rows: (study?: Study) => Effect.Effect<ReadonlyArray<Row>, StoreError | StudyError>
  /** The branches of a study and their trunks, by checkpoint, for `localRecovery` of `@ts/fit`. */
  readonly recoveries: (study: Study) => Effect.Effect<ReadonlyArray<Recovery>, StoreError | StudyError>
  /** The journal from the beginning, or from after `seq`. */
  readonly journal: (after?: number) => Stream.Stream<JournalEntry, StoreError>
  /** The same, and what this or another process journals from now on; looks every half second unless told otherwise. Never ends. */
  readonly follow: (after?: number, every?: Duration.Input) => Stream.Stream<JournalEntry, StoreError>
  /** Takes results back; the next plan trains exactly those again. Refused while another driver runs. */
  readonly remove: (removal: Removal) => Effect.Effect<void, StoreError>
  /** Empties the views and fills them again from the journal. Refused while another driver runs. */
  readonly rebuild: Effect.Effect<void, StoreError>
}

const open = Effect.fnUntraced(
  function* (path: string) {
    const { file, checkpoints } = yield* platform.open(path)
    const client = yield* Layer.build(sqliteClient(file))
    const store = yield* Effect.andThen(migrate, makeStore(path)).pipe(Effect.provideContext(client))
    return Context.make(Store, Store.of(store)).pipe(Context.add(CheckpointStore, checkpoints))
  },
  (effect, path) => Effect.mapError(effect, storeFailure(path)),
)

export class Store extends Context.Service<Store, StoreService>()("@ts/sweep/Store") {
  /**
   * A file, made with its folder when it is not there, and the checkpoints beside it in `checkpoints/`. By convention a
   * study is a folder: `<study>/study.db`, `<study>/checkpoints/`, `<study>/report.html`. On a page: the same path in the
   * origin's private file system, in a worker, by one tab at a time.
   */
  static readonly sqlite = (path: string): Layer.Layer<Store | CheckpointStore, StoreError> =>
    Layer.effectContext(open(path))

  /** Gone with the layer, checkpoints included: for tests and trials. */
  static readonly memory: Layer.Layer<Store | CheckpointStore, StoreError> = Layer.suspend(() =>
    Layer.effectContext(open(":memory:")),
  )

  /** Rows for `@ts/fit`: of the study's readings, or of everything ever asked for. */
  static readonly rows = (study?: Study) => Store.use((store) => store.rows(study))

  /** The branches of a study and their trunks, by checkpoint, for `localRecovery` of `@ts/fit`. */
  static readonly recoveries = (study: Study) => Store.use((store) => store.recoveries(study))

  /** Takes results back: all of a run, or its readings at one horizon. */
  static readonly remove = (removal: Removal) => Store.use((store) => store.remove(removal))
}
