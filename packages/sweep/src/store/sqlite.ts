/** A small `effect/sql` driver over a synchronous SQLite: Node's own `node:sqlite`, or the WebAssembly build on a page. */
import { Context, Effect, Layer, Semaphore, Stream } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, type SqlConnection, SqlError, Statement } from "effect/sql"

export type SqlValue = null | number | bigint | string | Uint8Array

/** As `node:sqlite` has it: the part of a statement that is used here. */
export interface SqliteStatement {
  readonly run: (...params: ReadonlyArray<SqlValue>) => unknown
  readonly get: (...params: ReadonlyArray<SqlValue>) => unknown
  readonly all: (...params: ReadonlyArray<SqlValue>) => ReadonlyArray<unknown>
  readonly iterate: (...params: ReadonlyArray<SqlValue>) => Iterable<unknown>
  /** Of the rows it gives; none where it only changes something. */
  readonly columns: () => ReadonlyArray<unknown>
  /** Rows as arrays instead of objects. */
  readonly setReturnArrays: (arrays: boolean) => void
}

/** An open database. A commit has reached the disk when it returns. */
export interface SqliteFile {
  /** What it is called in traces. */
  readonly driver: string
  readonly prepare: (sql: string) => SqliteStatement
  readonly inTransaction: () => boolean
}

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
  readonly run: (sql: string, ...params: ReadonlyArray<SqlValue>) => void
  readonly get: <Row>(sql: string, ...params: ReadonlyArray<SqlValue>) => Row | undefined
  readonly all: <Row>(sql: string, ...params: ReadonlyArray<SqlValue>) => ReadonlyArray<Row>
}

export class Sqlite extends Context.Service<Sqlite, Database>()("@ts/sweep/Sqlite") {}

type Prepare = (sql: string) => SqliteStatement

const preparing = (db: SqliteFile): Prepare => {
  const statements = new Map<string, SqliteStatement>()
  return (sql) => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    if (statements.size >= KEPT_STATEMENTS) statements.clear()
    const statement = db.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
}

export const atFirstHand = (db: SqliteFile): Database => {
  const prepare = preparing(db)
  return {
    run: (sql, ...params) => void prepare(sql).run(...params),
    get: <Row>(sql: string, ...params: ReadonlyArray<SqlValue>) => prepare(sql).get(...params) as Row | undefined,
    all: <Row>(sql: string, ...params: ReadonlyArray<SqlValue>) => prepare(sql).all(...params) as Array<Row>,
  }
}

/** A connection that prepares each statement once. */
const connect = (db: SqliteFile): SqlConnection.Connection => {
  const prepare = preparing(db)
  const run = (sql: string, params: ReadonlyArray<unknown>, form: "rows" | "values" | "raw", fresh: boolean) =>
    Effect.try({
      try: () => {
        const statement = fresh ? db.prepare(sql) : prepare(sql)
        statement.setReturnArrays(form === "values")
        const values = params as ReadonlyArray<SqlValue>
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
        const rows = db.prepare(sql).iterate(...(params as ReadonlyArray<SqlValue>)) as Iterable<Rows[number]>
        const stream = Stream.fromIterable(rows)
        return transform ? Stream.map(stream, (row) => transform([row])[0]) : stream
      }),
  }
}

export const sqliteClient = (file: SqliteFile): Layer.Layer<SqlClient.SqlClient | Sqlite> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const connection = connect(file)
      const semaphore = yield* Semaphore.make(1)
      const acquirers = SqlClient.makeSqliteAcquirers({
        connection: Effect.succeed(connection),
        semaphore,
        isTransaction: file.inTransaction,
      })
      const client = yield* SqlClient.make({
        ...acquirers,
        driver: file.driver,
        compiler: Statement.makeCompilerSqlite(),
        spanAttributes: [["db.system.name", "sqlite"]],
        prepareTransactionControls: true,
        beginTransaction: "BEGIN IMMEDIATE",
      })
      return Context.make(SqlClient.SqlClient, client).pipe(Context.add(Sqlite, atFirstHand(file)))
    }),
  ).pipe(Layer.provide(Reactivity.layer))
