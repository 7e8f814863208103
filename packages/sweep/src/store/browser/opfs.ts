/** Databases of a study in the origin's private file system, by SQLite's pool of synchronous access handles. */
import type { Database, SAHPoolUtil } from "@sqlite.org/sqlite-wasm"
import { Effect, Schedule, type Scope } from "effect"
import type { StoreError } from "../../errors.ts"
import { noStorage } from "./noStorage.ts"
import { loadSqlite } from "./wasm.ts"

/** The database, the checkpoints, and a journal of each; one to spare. */
const FILES = 5

const install = async (path: string): Promise<SAHPoolUtil> => {
  const { installOpfsSAHPoolVfs } = await loadSqlite()
  const options = {
    name: `time-transfer ${path}`,
    directory: `/time-transfer/${encodeURIComponent(path)}`,
    initialCapacity: FILES,
    // Without it a pool that cannot be opened now is deleted, with all that was measured.
    preserveOnInitFailure: true,
    // Else the answer to a first failure is given again.
    forceReinitIfPreviouslyFailed: true,
  }
  const pool = await installOpfsSAHPoolVfs(options)
  return await pool.unpauseVfs()
}

/** The files of a study, closed with the scope. The caller holds the study: a pool has one owner. */
export const openPool = (path: string): Effect.Effect<SAHPoolUtil, StoreError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({ try: () => install(path), catch: (cause) => noStorage(path, cause) }).pipe(
      // The handles of a worker that just ended may be closed a moment after its lock.
      Effect.retry(Schedule.spaced("200 millis").pipe(Schedule.upTo({ times: 5 }))),
    ),
    (pool) => Effect.sync(() => pool.pauseVfs()),
  )

/**
 * A database of the pool. What is committed survives the tab and a power loss: `synchronous=FULL`, and a write-ahead log, which
 * needs no shared memory where one connection owns the file.
 */
export const openDatabase = (
  pool: SAHPoolUtil,
  name: string,
  explain: (cause: unknown) => unknown,
): Effect.Effect<Database, unknown, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const db = new pool.OpfsSAHPoolDb(`/${name}`)
        db.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
        return db
      },
      catch: explain,
    }),
    (db) => Effect.sync(() => db.close()),
  )
