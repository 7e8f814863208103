/** Sees, delays or fails every statement that `node:sqlite` executes in this process, whoever opened the database. */
import type { DatabaseSync, StatementSync } from "node:sqlite"

export interface Execution {
  readonly sql: string
  readonly parameters: ReadonlyArray<unknown>
  readonly database: DatabaseSync
}

/** Calls `execute` or throws in its place. */
export type SqlWatcher = (execution: Execution, execute: () => unknown) => unknown

const methods = ["run", "all", "get"] as const

/** Watches databases opened from now on; gives back what ends it. */
export const watchSql = (watcher: SqlWatcher): (() => void) => {
  const { prototype } = process.getBuiltinModule("node:sqlite").DatabaseSync
  const { prepare, exec } = prototype
  prototype.prepare = function (this: DatabaseSync, sql, ...options) {
    const statement = prepare.call(this, sql, ...options)
    for (const method of methods) {
      const execute = statement[method] as (...parameters: ReadonlyArray<unknown>) => unknown
      const watched = (...parameters: ReadonlyArray<unknown>) =>
        watcher({ sql, parameters, database: this }, () => execute.apply(statement, parameters as never))
      statement[method] = watched as StatementSync[typeof method] as never
    }
    return statement
  }
  prototype.exec = function (this: DatabaseSync, sql) {
    watcher({ sql, parameters: [], database: this }, () => exec.call(this, sql))
  }
  return () => {
    prototype.prepare = prepare
    prototype.exec = exec
  }
}

export const begins = ({ sql }: Execution): boolean => /^\s*BEGIN\b/i.test(sql)
export const commits = ({ sql }: Execution): boolean => /^\s*(COMMIT|END)\b/i.test(sql)
export const rollsBack = ({ sql }: Execution): boolean => /^\s*ROLLBACK\s*;?\s*$/i.test(sql)
export const opens = ({ sql }: Execution): boolean => /journal_mode/i.test(sql)

const sleepSync = (millis: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis)

/** A disk that takes so many milliseconds longer to keep a commit. */
export const slowCommits =
  (millis: number): SqlWatcher =>
  (execution, execute) => {
    if (commits(execution)) sleepSync(millis)
    return execute()
  }
