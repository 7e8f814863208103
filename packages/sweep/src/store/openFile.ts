/** Looks at a database file before anything may write to it. */
import { Effect } from "effect"
import { StoreError, type StoreErrorReason } from "../errors.ts"
import { APPLICATION_ID, SCHEMA_VERSION } from "./schema.ts"
import { builtin } from "./sqlite.ts"

const MAGIC = "SQLite format 3\0"

/** What SQLite or the file system said: the innermost cause. */
const rootOf = (cause: unknown): { readonly errcode?: number; readonly message?: string } => {
  let at = cause as { cause?: unknown; reason?: { cause?: unknown } }
  for (;;) {
    const inner = at?.reason?.cause ?? at?.cause
    if (inner === undefined || inner === null) return (at ?? {}) as { errcode?: number; message?: string }
    at = inner
  }
}

const corrupt = (path: string) =>
  `${path} is damaged and was left as it is; restore a copy of it, or save what can be read with \`sqlite3 ${path} .recover\``

/** One sentence with a way out for whatever SQLite or the file system says. */
export const storeFailure =
  (path: string) =>
  (cause: unknown): StoreError => {
    if (cause instanceof StoreError) return cause
    const root = rootOf(cause)
    const code = root.errcode === undefined ? undefined : root.errcode & 0xff
    const [reason, message]: [StoreErrorReason, string] =
      code === 26
        ? ["NotADatabase", `${path} is no SQLite database and was left as it is; move it away or name another file`]
        : code === 11
          ? ["Corrupt", corrupt(path)]
          : code === 13
            ? ["Io", `the disk is full: ${path} cannot grow; free space and run again, nothing measured is lost`]
            : code === 5
              ? ["Io", `${path} is locked by another program; close it and run again`]
              : [
                  "Io",
                  `cannot use ${path}: ${root.message ?? String(cause)}; make the file and its folder readable and writable`,
                ]
    return new StoreError({ reason, path, message, cause })
  }

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
        throw refuse(
          "NotADatabase",
          `${path} is no SQLite database and was left as it is; move it away or name another file`,
        )
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
