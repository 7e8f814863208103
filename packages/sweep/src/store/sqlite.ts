/** A small `effect/sql` driver over Node's own `node:sqlite` (no native build). */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import { Context, Effect, Layer, Semaphore, Stream } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, type SqlConnection, SqlError, Statement } from "effect/sql"

/**
 * Node's own modules, looked up when a store is opened: studies and plans work where there are none, and bundlers,
 * some of which drop the `node:` that `node:sqlite` cannot do without, leave them alone.
 */
export const builtin: typeof process.getBuiltinModule = (id: string) => process.getBuiltinModule(id)

// What a row is, only the query knows; `effect/sql` says `any`.
type Rows = ReadonlyArray<Parameters<typeof JSON.stringify>[0]>

const KEPT_STATEMENTS = 200

const failure = (cause: unknown) =>
  new SqlError.SqlError({
    reason: SqlError.classifySqliteError(cause, { message: "sqlite statement failed", operation: "execute" }),
  })

/**
 * The database at first hand, each statement prepared once: an append is dozens of statements, and as many effects would
 * cost ten times their work. For use inside a transaction, which keeps others away.
 */
export interface Database {
  readonly run: (sql: string, ...params: ReadonlyArray<SQLInputValue>) => void
  readonly get: <Row>(sql: string, ...params: ReadonlyArray<SQLInputValue>) => Row | undefined
  readonly all: <Row>(sql: string, ...params: ReadonlyArray<SQLInputValue>) => ReadonlyArray<Row>
}

export class Sqlite extends Context.Service<Sqlite, Database>()("@ts/sweep/Sqlite") {}

type Prepare = (sql: string) => StatementSync

const preparing = (db: DatabaseSync): Prepare => {
  const statements = new Map<string, StatementSync>()
  return (sql) => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    if (statements.size >= KEPT_STATEMENTS) statements.clear()
    const statement = db.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
}

const atFirstHand = (db: DatabaseSync): Database => {
  const prepare = preparing(db)
  return {
    run: (sql, ...params) => void prepare(sql).run(...params),
    get: <Row>(sql: string, ...params: ReadonlyArray<SQLInputValue>) => prepare(sql).get(...params) as Row | undefined,
    all: <Row>(sql: string, ...params: ReadonlyArray<SQLInputValue>) => prepare(sql).all(...params) as Array<Row>,
  }
}

/** A connection that prepares each statement once. */
const connect = (db: DatabaseSync): SqlConnection.Connection => {
  const prepare = preparing(db)
  const run = (sql: string, params: ReadonlyArray<unknown>, form: "rows" | "values" | "raw", fresh: boolean) =>
    Effect.try({
      try: () => {
        const statement = fresh ? db.prepare(sql) : prepare(sql)
        statement.setReturnArrays(form === "values")
        const values = params as ReadonlyArray<SQLInputValue>
        if (statement.columns().length > 0) return statement.all(...values) as Rows
        const result = statement.run(...values)
        return (form === "raw" ? result : []) as Rows
      },
      catch: failure,
    })
  return {
    execute: (sql, params, transform) => {
      const rows = run(sql, params, "rows", false)
      return transform ? Effect.map(rows, transform) : rows
    },
    executeRaw: (sql, params) => run(sql, params, "raw", false),
    executeValues: (sql, params) => run(sql, params, "values", false),
    executeValuesUnprepared: (sql, params) => run(sql, params, "values", true),
    executeUnprepared: (sql, params, transform) => {
      const rows = run(sql, params, "rows", true)
      return transform ? Effect.map(rows, transform) : rows
    },
    executeStream: (sql, params, transform) =>
      Stream.suspend(() => {
        const rows = db.prepare(sql).iterate(...(params as ReadonlyArray<SQLInputValue>)) as Iterable<Rows[number]>
        const stream = Stream.fromIterable(rows)
        return transform ? Stream.map(stream, (row) => transform([row])[0]) : stream
      }),
  }
}

/**
 * A client of one database file. The journal survives a kill and a power loss: write-ahead log, and `synchronous=FULL`,
 * so that a commit has reached the disk when it returns.
 */
export const sqliteClient = (filename: string): Layer.Layer<SqlClient.SqlClient | Sqlite, SqlError.SqlError> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { DatabaseSync } = builtin("node:sqlite")
      const db = yield* Effect.acquireRelease(
        Effect.try({
          try: () => {
            const db = new DatabaseSync(filename)
            db.exec("PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
            return db
          },
          catch: failure,
        }),
        (db) => Effect.sync(() => db.close()),
      )
      const connection = connect(db)
      const semaphore = yield* Semaphore.make(1)
      const acquirers = SqlClient.makeSqliteAcquirers({
        connection: Effect.succeed(connection),
        semaphore,
        isTransaction: () => db.isTransaction,
      })
      const client = yield* SqlClient.make({
        ...acquirers,
        driver: "node:sqlite",
        compiler: Statement.makeCompilerSqlite(),
        spanAttributes: [["db.system.name", "sqlite"]],
        prepareTransactionControls: true,
        beginTransaction: "BEGIN IMMEDIATE",
      })
      return Context.make(SqlClient.SqlClient, client).pipe(Context.add(Sqlite, atFirstHand(db)))
    }),
  ).pipe(Layer.provide(Reactivity.layer))
