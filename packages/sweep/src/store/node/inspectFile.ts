/** Looks at a database file before anything may write to it. */
import { Effect } from "effect"
import { StoreError, type StoreErrorReason } from "../../errors.ts"
import { corrupt, foreign, storeFailure } from "../failure.ts"
import { APPLICATION_ID, SCHEMA_VERSION } from "../schema.ts"
import { builtin } from "./builtin.ts"

const MAGIC = "SQLite format 3\0"

/**
 * Refuses a file that is no database, no study, damaged, or of a newer version; makes the folder of one that does not
 * exist yet. Reads only.
 */
export const inspectFile = Effect.fnUntraced(function* (path: string) {
  const { DatabaseSync } = builtin("node:sqlite")
  const fs = builtin("node:fs")
  const { dirname } = builtin("node:path")
  const refuse = (reason: StoreErrorReason, message: string) => new StoreError({ reason, path, message })
  yield* Effect.try({
    try: () => {
      fs.mkdirSync(dirname(path), { recursive: true })
      const size = fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0
      if (size === 0) return
      const head = Buffer.alloc(16)
      const file = fs.openSync(path, "r")
      fs.readSync(file, head, 0, 16, 0)
      fs.closeSync(file)
      if (head.toString("latin1") !== MAGIC) {
        throw refuse("NotADatabase", foreign(path))
      }
      const db = new DatabaseSync(path, { readOnly: true })
      try {
        db.exec("PRAGMA busy_timeout=5000")
        const [verdict] = Object.values(db.prepare("PRAGMA quick_check(1)").get() ?? {})
        if (verdict !== "ok") throw refuse("Corrupt", corrupt(path))
        const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as Array<{
          name: string
        }>
        const ours = Number(Object.values(db.prepare("PRAGMA application_id").get()!)[0]) === APPLICATION_ID
        if (!ours && tables.some(({ name }) => !/^(sqlite_|effect_sql_)/.test(name))) {
          throw refuse("NotAStudy", `${path} is a database of another program and was left as it is; name another file`)
        }
        if (!ours) return
        const newest = db.prepare("SELECT max(migration_id) AS id FROM effect_sql_migrations").get()
        if (Number(newest?.["id"]) > SCHEMA_VERSION) {
          throw refuse(
            "NewerVersion",
            `${path} was written by a newer version of this program (schema ${newest?.["id"]}, this one reads up to ${SCHEMA_VERSION}); update it (npm install @ts/sweep@latest)`,
          )
        }
      } finally {
        db.close()
      }
    },
    catch: storeFailure(path),
  })
})
