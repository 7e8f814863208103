/** SQLite's own WebAssembly build behind the interface of `node:sqlite`. */
import type { Database, PreparedStatement, Sqlite3Static, SqlValue as WasmValue } from "@sqlite.org/sqlite-wasm"
import type { SqliteFile, SqliteStatement, SqlValue } from "../sqlite.ts"

declare global {
  /** Read once by the library, before it has an API to be told by. */
  var sqlite3ApiConfig: object | undefined
}

let loaded: Promise<Sqlite3Static> | undefined

/** Loaded with the first store: a plan needs no database. */
export const loadSqlite = (): Promise<Sqlite3Static> => {
  loaded ??= (async () => {
    const silent = () => {}
    // Whatever it would say on the console is thrown as well. The file systems are those that are not used here.
    globalThis.sqlite3ApiConfig = {
      warn: silent,
      error: silent,
      disable: { vfs: { kvvfs: true, opfs: true, "opfs-wl": true } },
    }
    const { default: init } = await import("@sqlite.org/sqlite-wasm")
    return await init()
  })()
  return loaded
}

/** As `node:sqlite` throws: with SQLite's code in `errcode`. */
export const withCode = (cause: unknown): unknown => {
  const { resultCode: errcode, message } = cause as { resultCode?: number; message?: string }
  return errcode === undefined ? cause : Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR", errcode })
}

type Explain = (cause: unknown) => unknown

const statementOf = (statement: PreparedStatement, explain: Explain): SqliteStatement => {
  let arrays = false
  const row = () => (arrays ? statement.get([]) : statement.get({}))
  function* rows(params: ReadonlyArray<SqlValue>): Generator<unknown> {
    try {
      if (params.length > 0) statement.bind(params as ReadonlyArray<WasmValue> as Array<WasmValue>)
      while (statement.step()) yield row()
    } catch (cause) {
      throw explain(cause)
    } finally {
      // Of a failed step this would tell the failure again.
      statement.resetNoThrow(true)
    }
  }
  return {
    run: (...params) => {
      for (const _ of rows(params));
    },
    get: (...params) => {
      const [first] = rows(params)
      return first
    },
    all: (...params) => [...rows(params)],
    iterate: (...params) => rows(params),
    columns: () => (statement.columnCount === 0 ? [] : statement.getColumnNames()),
    setReturnArrays: (on) => {
      arrays = on
    },
  }
}

/** @param explain what is thrown for what the library throws */
export const sqliteFileOf = ({ capi }: Sqlite3Static, db: Database, explain: Explain = withCode): SqliteFile => ({
  driver: "sqlite-wasm",
  prepare: (sql) => {
    try {
      return statementOf(db.prepare(sql), explain)
    } catch (cause) {
      throw explain(cause)
    }
  },
  inTransaction: () => capi.sqlite3_get_autocommit(db) === 0,
})
