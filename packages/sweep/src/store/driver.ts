/**
 * One driver per store: a row with its process, host and heartbeat. A driver that died is replaced at once when it ran
 * on this host, else when its heart has not beaten for a minute. Every append checks that the row is still its own, so
 * a driver that was only asleep writes nothing more.
 */

import { Clock, Effect, Schedule } from "effect"
import type { SqlClient } from "effect/sql"
import { platform } from "#platform"
import { StoreError } from "../errors.ts"
import { storeFailure } from "./failure.ts"
import type { Database } from "./sqlite.ts"

/** A heart that has not beaten for this long is taken for dead, milliseconds. */
export const STALE_AFTER = 60_000
const HEARTBEAT = "5 seconds"

export interface DriverInfo {
  readonly session: string
  readonly pid: number
  readonly host: string
  /** Milliseconds since 1970. */
  readonly heartbeat: number
}

/** Milliseconds since 1970, whole. */
export const now = Effect.map(Clock.currentTimeMillis, Math.round)

/** Sessions of this process: a process id may have been used before, in a container even by ourselves. */
const living = new Set<string>()

const isAlive = (driver: DriverInfo, here: string, time: number): boolean => {
  if (Math.abs(time - driver.heartbeat) > STALE_AFTER) return false
  if (driver.host !== here) return true
  return driver.pid === platform.pid ? living.has(driver.session) : platform.processExists(driver.pid)
}

/** The driver at work on the store now, if any. */
export const currentDriver = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const [row] = yield* sql<DriverInfo>`SELECT session, pid, host, heartbeat FROM driver`
  if (row === undefined) return undefined
  return isAlive(row, platform.host(), yield* now) ? row : undefined
})

/** Becomes the driver until the scope closes. Fails with `DriverActive` when there is one. */
export const becomeDriver = Effect.fnUntraced(
  function* (sql: SqlClient.SqlClient, path: string, session: string) {
    const host = platform.host()
    const claim = sql.withTransaction(
      Effect.gen(function* () {
        const other = yield* currentDriver(sql)
        const time = yield* now
        if (other !== undefined) {
          const ago = Math.max(0, Math.round((time - other.heartbeat) / 1000))
          return yield* new StoreError({
            reason: "DriverActive",
            path,
            message: `${path} is being run by process ${other.pid} on ${other.host} (seen ${ago} s ago); wait for it or stop it first`,
          })
        }
        yield* sql`INSERT OR REPLACE INTO driver VALUES (1, ${session}, ${platform.pid}, ${host}, ${time})`
      }),
    )
    yield* Effect.acquireRelease(
      Effect.tap(claim, () => Effect.sync(() => living.add(session))),
      () =>
        sql`DELETE FROM driver WHERE session = ${session}`.pipe(
          Effect.ensuring(Effect.sync(() => living.delete(session))),
          Effect.ignore,
        ),
    )
    yield* now.pipe(
      Effect.flatMap((time) => sql`UPDATE driver SET heartbeat = ${time} WHERE session = ${session}`),
      // A beat that fails says nothing: the next append does.
      Effect.ignore,
      Effect.repeat(Schedule.spaced(HEARTBEAT)),
      Effect.forkScoped,
    )
  },
  (effect, _sql, path) => Effect.withTracerEnabled(Effect.mapError(effect, storeFailure(path)), false),
)

/** Throws `LostLock` unless the session is still the driver; for use inside a transaction. */
export const stillDriver = (db: Database, path: string, session: string): void => {
  if (db.get("SELECT 1 FROM driver WHERE session = ?", session) !== undefined) return
  throw new StoreError({
    reason: "LostLock",
    path,
    message: `another driver took ${path} over while this one was not answering; this one stops, nothing is lost`,
  })
}
