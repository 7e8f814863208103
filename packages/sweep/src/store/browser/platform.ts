/** A study on a page: SQLite in the origin's private file system, in a worker. */
import { CheckpointStore, checkpointsOn, memoryCheckpoints } from "@ts/backend"
import { Effect, Layer } from "effect"
import { StoreError } from "../../errors.ts"
import type { Platform } from "../platform.ts"
import { atFirstHand } from "../sqlite.ts"
import { holdStudy } from "./lock.ts"
import { openDatabase, openPool } from "./opfs.ts"
import { databaseShelf } from "./shelf.ts"
import { loadSqlite, sqliteFileOf, withCode } from "./wasm.ts"

const IO_ERROR = 10
const FULL = 13

/** What a page can do about its storage is not what one does about a disk. */
const explainFor = (path: string) => (cause: unknown) => {
  const found = withCode(cause) as { readonly errcode?: number }
  if (![IO_ERROR, FULL].includes((found.errcode ?? 0) & 0xff)) return found
  const message = `the browser stores no more for this page, so that ${path} cannot grow; free space on the device, or remove other studies of this page, and go on: nothing measured is lost`
  return new StoreError({ reason: "Io", path, message })
}

export const platform: Platform = {
  open: Effect.fnUntraced(function* (path) {
    const sqlite = yield* Effect.promise(loadSqlite)
    if (path === ":memory:") {
      const db = yield* Effect.acquireRelease(
        Effect.sync(() => new sqlite.oo1.DB(path)),
        (db) => Effect.sync(() => db.close()),
      )
      const kept = yield* Layer.build(memoryCheckpoints)
      return { file: sqliteFileOf(sqlite, db), checkpoints: yield* Effect.provideContext(CheckpointStore, kept) }
    }
    yield* holdStudy(path)
    const pool = yield* openPool(path)
    const explain = explainFor(path)
    const open = (name: string) =>
      Effect.map(openDatabase(pool, name, explain), (db) => sqliteFileOf(sqlite, db, explain))
    const file = yield* open("study.db")
    const shelf = yield* open("checkpoints.db")
    return { file, checkpoints: checkpointsOn(databaseShelf(atFirstHand(shelf)), path) }
  }),
  // A page has one driver by its lock: a row of another was left by a tab that is gone.
  pid: 0,
  host: () => "browser",
  processExists: () => false,
}
