/** The store over an `effect/sql` client whose tables exist. */
import type { CheckpointRef, Prepared } from "@ts/backend"
import { type Duration, Effect, Option, Stream } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { StoreError } from "../errors.ts"
import { Study } from "../study/index.ts"
import { appendAll, entryOf, replay, type StoredEntry } from "./append.ts"
import { becomeDriver, currentDriver, now, stillDriver } from "./driver.ts"
import { storeFailure } from "./failure.ts"
import { recoveriesOf } from "./recoveries.ts"
import { type Asked, rowsOf, type StoredReading, type StoredRun } from "./rows.ts"
import type { DriverOptions, Removal, Session, StoreService } from "./Store.ts"
import { differenceOf, goesFurther, type PreparedData } from "./sameData.ts"
import { sameStudy } from "./sameStudy.ts"
import { views } from "./schema.ts"
import { Sqlite } from "./sqlite.ts"
import { readStates } from "./states.ts"
import { together } from "./together.ts"

const JOURNAL_PAGE = 500

const newSession = Effect.sync(() => crypto.randomUUID())

export const makeStore = Effect.fnUntraced(function* (path: string) {
  const sql = yield* SqlClient.SqlClient
  const db = yield* Sqlite
  const guard = <A, E, R>(effect: Effect.Effect<A, E | SqlError.SqlError, R>) =>
    // Whoever traces a sweep wants to see appends, not the statements of each.
    Effect.withTracerEnabled(
      Effect.mapError(effect, (error) => storeFailure(path)(error)),
      false,
    )
  /** All of it or nothing, durable when it returns. */
  const transaction = <A>(body: () => A) =>
    guard(sql.withTransaction(Effect.try({ try: body, catch: storeFailure(path) })))

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

  const planned = Effect.fnUntraced(function* (append: Session["append"], runs: Parameters<Session["planned"]>[0]) {
    const found = yield* guard(
      sql<{ run_id: string; horizons: string; averages: string }>`SELECT run_id, horizons, averages FROM specs`,
    )
    const asked = new Map(
      found.map(({ run_id, horizons, averages }) => [
        run_id,
        { horizons: new Set<number>(JSON.parse(horizons)), averages: new Set<number>(JSON.parse(averages)) },
      ]),
    )
    const fresh = runs.filter(({ runId, horizons, averages, probes }) => {
      const known = asked.get(runId)
      if (known === undefined) return true
      return (
        !horizons.every((at) => known.horizons.has(at) || probes?.includes(at)) ||
        !averages.every((decay) => known.averages.has(decay))
      )
    })
    if (fresh.length === 0) return []
    return yield* append(
      fresh.map(({ runId, spec, horizons, averages, probes = [] }) => ({
        // What is read to compare branches is no reading of a horizon, also where the study is not at hand.
        event: { _tag: "RunPlanned", runId, spec, horizons: horizons.filter((at) => !probes.includes(at)), averages },
      })),
    )
  })

  /** By name; a store that holds nothing yet is nobody's. */
  const study = guard(
    sql<{
      study: string
    }>`SELECT study FROM sessions WHERE EXISTS (SELECT 1 FROM runs) ORDER BY started, rowid LIMIT 1`,
  ).pipe(Effect.map(([first]) => first?.study))

  const drive = Effect.fnUntraced(function* (options: DriverOptions) {
    yield* sameStudy(path, yield* study, options.study)
    const session = yield* newSession
    yield* becomeDriver(sql, path, session)
    const append: Session["append"] = together((batch) =>
      Effect.flatMap(now, (time) =>
        transaction(() => {
          stillDriver(db, path, session)
          return batch.map((events) => appendAll(db, { session, deterministic: options.deterministic, time }, events))
        }),
      ),
    )
    const { study: name, backend, device } = options
    yield* append([{ event: { _tag: "SessionStarted", study: name, backend, device } }])
    return {
      id: session,
      append,
      planned: (runs) => planned(append, runs),
      prepared: (found) => prepared(append, found),
    } satisfies Session
  })

  const stored = guard(
    Effect.all([
      sql<StoredRun>`SELECT * FROM runs ORDER BY rowid`,
      sql<StoredReading>`SELECT * FROM readings`,
    ] as const),
  )

  const asked = guard(
    sql<{ run_id: string; spec: string; horizons: string; averages: string }>`SELECT * FROM specs ORDER BY rowid`,
  ).pipe(
    Effect.map((found) =>
      found.map(
        ({ run_id, spec, horizons, averages }): Asked => ({
          runId: run_id,
          spec: JSON.parse(spec),
          horizons: JSON.parse(horizons),
          averages: JSON.parse(averages),
        }),
      ),
    ),
  )

  const rows = Effect.fnUntraced(function* (study?: Study) {
    return rowsOf(
      study === undefined || study.adaptive !== undefined ? yield* asked : (yield* Study.expand(study)).runs,
      ...(yield* stored),
    )
  })

  const recoveries = Effect.fnUntraced(function* (study: Study) {
    return recoveriesOf((yield* Study.expand(study)).runs, ...(yield* stored))
  })

  /** As the only driver, for the length of one transaction. */
  const alone = <A>(change: (session: string, time: number) => A) =>
    Effect.scoped(
      Effect.gen(function* () {
        const session = yield* newSession
        yield* becomeDriver(sql, path, session)
        const time = yield* now
        return yield* transaction(() => change(session, time))
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

  const follow = (after = 0, every: Duration.Input = "500 millis") =>
    Stream.paginate({ from: after, wait: false }, ({ from, wait }) =>
      Effect.map(wait ? Effect.delay(page(from), every) : page(from), (found) => {
        const last = found.at(-1)?.seq ?? from
        return [found.map(entryOf), Option.some({ from: last, wait: found.length < JOURNAL_PAGE })] as const
      }),
    )

  const refs = (found: ReadonlyArray<{ readonly ref: string }>) =>
    found.map(({ ref }) => JSON.parse(ref) as CheckpointRef)

  return {
    path,
    drive,
    study,
    driver: guard(currentDriver(sql)),
    runs: guard(readStates(sql)),
    run: (runId, numericsId) =>
      Effect.map(guard(readStates(sql, { runId, numericsId })), (found) => found.get(runId)?.get(numericsId)),
    checkpoints: (runId, numericsId) =>
      guard(
        sql<{
          ref: string
        }>`SELECT ref FROM checkpoints WHERE run_id = ${runId} AND numerics_id = ${numericsId} ORDER BY tokens`,
      ).pipe(Effect.map(refs)),
    // Checkpoints may be there that the journal never heard of.
    uncleared: guard(
      sql<{ run_id: string; numerics_id: string }>`SELECT run_id, numerics_id FROM runs WHERE cleared = 0`,
    ).pipe(Effect.map((found) => found.map(({ run_id, numerics_id }) => ({ runId: run_id, numericsId: numerics_id })))),
    asked,
    rows,
    recoveries,
    journal,
    follow,
    remove: ({ runId, requested }: Removal) =>
      Effect.asVoid(
        alone((session, time) =>
          appendAll(db, { session, deterministic: false, time }, [
            { event: { _tag: "Removed", runId, ...(requested === undefined ? {} : { requested }) } },
          ]),
        ),
      ),
    rebuild: alone(() => replay(db, views, JOURNAL_PAGE)),
  } satisfies StoreService
})
