/** The store over an `effect/sql` client whose tables exist. */
import type { CheckpointRef, Prepared } from "@ts/backend"
import { Effect, Option, Stream } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { StoreError } from "../errors.ts"
import { Study } from "../study/index.ts"
import { becomeDriver, currentDriver, now, stillDriver } from "./driver.ts"
import type { JournalEntry, JournalEvent } from "./journal.ts"
import { noiseScaleKey, readingKey } from "./keys.ts"
import { storeFailure } from "./openFile.ts"
import { project } from "./project.ts"
import { type Asked, rowsOf, type StoredReading, type StoredRun } from "./rows.ts"
import type { DriverOptions, Removal, RunState, Session, StoreService } from "./Store.ts"
import { differenceOf, goesFurther, type PreparedData } from "./sameData.ts"
import { views } from "./schema.ts"

interface StoredEntry {
  readonly seq: number
  readonly time: number
  readonly session: string
  readonly numerics_id: string | null
  readonly event: string
}

const JOURNAL_PAGE = 500

const entryOf = ({ event, numerics_id, ...rest }: StoredEntry): JournalEntry => ({
  ...rest,
  numericsId: numerics_id,
  event: JSON.parse(event) as JournalEvent,
})

const runIdOf = (event: JournalEvent): string | null => ("runId" in event ? event.runId : null)

const newSession = Effect.sync(() => crypto.randomUUID())

export const makeStore = Effect.fnUntraced(function* (path: string) {
  const sql = yield* SqlClient.SqlClient
  const guard = <A, E, R>(effect: Effect.Effect<A, E | SqlError.SqlError, R>) =>
    Effect.mapError(effect, (error) => storeFailure(path)(error))

  const write = Effect.fnUntraced(function* (session: string, event: JournalEvent, numericsId: string | null) {
    const time = yield* now
    const [{ seq }] = yield* sql<{ seq: number }>`INSERT INTO journal (time, session, run_id, numerics_id, event)
      VALUES (${time}, ${session}, ${runIdOf(event)}, ${numericsId}, ${JSON.stringify(event)}) RETURNING seq`
    return { seq, time, session, numericsId, event } satisfies JournalEntry
  })

  const appendAll = Effect.fnUntraced(function* (
    session: string,
    deterministic: boolean,
    events: ReadonlyArray<{ readonly event: JournalEvent; readonly numericsId?: string }>,
  ) {
    const entries: Array<JournalEntry> = []
    for (const { event, numericsId = null } of events) {
      const entry = yield* write(session, event, numericsId)
      entries.push(entry)
      const inconsistent = yield* project(sql, entry)
      if (inconsistent !== undefined && deterministic) {
        const told = yield* write(session, inconsistent, numericsId)
        yield* project(sql, told)
        entries.push(told)
      }
    }
    return entries
  })

  const prepared = Effect.fnUntraced(function* (append: Session["append"], found: Prepared) {
    const rows =
      yield* guard(
        sql<{ identity: string; evaluation: string; train_tokens: number | null; shards: string }>`SELECT * FROM data`,
      )
    const stored = new Map(
      rows.map(({ identity, evaluation, train_tokens, shards }): readonly [string, PreparedData] => [
        identity,
        { identity, evaluation, trainTokens: train_tokens, shards: JSON.parse(shards) },
      ]),
    )
    for (const data of found.data) {
      const before = stored.get(data.identity)
      const what = before === undefined ? undefined : differenceOf(before, data)
      if (what !== undefined) {
        return yield* new StoreError({
          reason: "DataChanged",
          path,
          message: `the ${what} differ from those this study was measured on (data ${data.identity.slice(0, 12)}); bring back the same data, or measure in a new folder`,
        })
      }
    }
    const fresh = found.data.filter((data) => goesFurther(stored.get(data.identity), data))
    if (fresh.length > 0) yield* append([{ event: { _tag: "DataPrepared", data: fresh } }])
  })

  const drive = Effect.fnUntraced(function* (options: DriverOptions) {
    const id = yield* newSession
    yield* becomeDriver(sql, path, id)
    const append: Session["append"] = (events) =>
      guard(
        sql.withTransaction(Effect.andThen(stillDriver(sql, path, id), appendAll(id, options.deterministic, events))),
      )
    const { study, backend, device } = options
    yield* append([{ event: { _tag: "SessionStarted", study, backend, device } }])
    return { id, append, prepared: (found) => prepared(append, found) } satisfies Session
  })

  const states = Effect.fnUntraced(function* (only?: { runId: string; numericsId: string }) {
    const where = only === undefined ? sql`TRUE` : sql`run_id = ${only.runId} AND numerics_id = ${only.numericsId}`
    const taken = new Map<string, Map<string, Set<string>>>()
    const readings =
      yield* sql<StoredReading>`SELECT run_id, numerics_id, requested, average FROM readings WHERE ${where}`
    for (const { run_id, numerics_id, requested, average } of readings) {
      const byNumerics = taken.get(run_id) ?? new Map<string, Set<string>>()
      const keys = byNumerics.get(numerics_id) ?? new Set<string>()
      taken.set(run_id, byNumerics.set(numerics_id, keys.add(readingKey(requested, average))))
    }
    const noise = yield* sql<{
      run_id: string
      numerics_id: string
      requested: number
      small: number
      big: number
      samples: number
    }>`
      SELECT run_id, numerics_id, requested, small, big, samples FROM noise_scales WHERE ${where}`
    for (const scale of noise) {
      const keys = taken.get(scale.run_id)?.get(scale.numerics_id)
      keys?.add(noiseScaleKey(scale.requested, scale))
    }
    const states = new Map<string, Map<string, RunState>>()
    for (const run of yield* sql<StoredRun>`SELECT * FROM runs WHERE ${where}`) {
      const { run_id: runId, numerics_id: numericsId, diverged_at, diverged_reason, failure } = run
      const state: RunState = {
        runId,
        numericsId,
        readings: taken.get(runId)?.get(numericsId) ?? new Set(),
        tokens: run.tokens,
        finished: run.finished === 1,
        ...(diverged_at === null ? {} : { diverged: { tokens: diverged_at, reason: diverged_reason ?? "" } }),
        ...(failure === null ? {} : { failure }),
      }
      states.set(runId, (states.get(runId) ?? new Map()).set(numericsId, state))
    }
    return states
  })

  const rows = Effect.fnUntraced(function* (study?: Study) {
    const asked: ReadonlyArray<Asked> =
      study === undefined
        ? (yield* guard(
            sql<{
              run_id: string
              spec: string
              horizons: string
              averages: string
            }>`SELECT * FROM specs ORDER BY rowid`,
          )).map((row) => ({
            runId: row.run_id,
            spec: JSON.parse(row.spec),
            horizons: JSON.parse(row.horizons),
            averages: JSON.parse(row.averages),
          }))
        : (yield* Study.expand(study)).runs
    const runs = yield* guard(sql<StoredRun>`SELECT * FROM runs ORDER BY rowid`)
    const readings = yield* guard(sql<StoredReading>`SELECT * FROM readings`)
    return rowsOf(asked, runs, readings)
  })

  /** As the only driver, for the length of one transaction. */
  const alone = <A, E>(change: (session: string) => Effect.Effect<A, E>) =>
    Effect.scoped(
      Effect.gen(function* () {
        const id = yield* newSession
        yield* becomeDriver(sql, path, id)
        return yield* guard(sql.withTransaction(change(id)))
      }),
    )

  const page = (after: number) =>
    guard(sql<StoredEntry>`SELECT seq, time, session, numerics_id, event FROM journal
      WHERE seq > ${after} ORDER BY seq LIMIT ${JOURNAL_PAGE}`)

  const journal = (after = 0) =>
    Stream.paginate(after, (from: number) =>
      Effect.map(page(from), (found) => {
        const next = found.length === JOURNAL_PAGE ? Option.some(found[found.length - 1].seq) : Option.none<number>()
        return [found.map(entryOf), next] as const
      }),
    )

  const rebuild = alone(() =>
    Effect.gen(function* () {
      for (const view of views) yield* sql`DELETE FROM ${sql(view)}`
      let after = 0
      for (;;) {
        const found = yield* page(after)
        for (const stored of found) yield* project(sql, entryOf(stored))
        if (found.length < JOURNAL_PAGE) return
        after = found[found.length - 1].seq
      }
    }),
  )

  return {
    path,
    drive,
    driver: guard(currentDriver(sql)),
    runs: guard(states()),
    run: (runId, numericsId) =>
      Effect.map(guard(states({ runId, numericsId })), (found) => found.get(runId)?.get(numericsId)),
    checkpoints: (runId, numericsId) =>
      guard(
        sql<{
          ref: string
        }>`SELECT ref FROM checkpoints WHERE run_id = ${runId} AND numerics_id = ${numericsId} ORDER BY tokens`,
      ).pipe(Effect.map((found) => found.map(({ ref }) => JSON.parse(ref) as CheckpointRef))),
    rows,
    journal,
    remove: ({ runId, requested }: Removal) =>
      Effect.asVoid(
        alone((session) =>
          appendAll(session, false, [
            { event: { _tag: "Removed", runId, ...(requested === undefined ? {} : { requested }) } },
          ]),
        ),
      ),
    rebuild,
  } satisfies StoreService
})
