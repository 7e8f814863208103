import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect, it } from "vitest"
import { commitEnds } from "./wal.ts"

it("finds the commits that SQLite finds in a log cut anywhere", () => {
  const folder = mkdtempSync(join(tmpdir(), "tt-wal-"))
  const path = join(folder, "a.db")
  const db = new DatabaseSync(path)
  db.exec("PRAGMA journal_mode=WAL; CREATE TABLE t (x)")
  // One page, many pages, one page.
  for (const bytes of [10, 20_000, 10]) db.prepare("INSERT INTO t VALUES (zeroblob(?))").run(bytes)
  const [file, log] = [readFileSync(path), readFileSync(`${path}-wal`)]
  db.close()
  const ends = commitEnds(log)
  expect(ends.at(-1)).toBe(log.length)
  const rowsAfter = (end: number): number => {
    const copy = join(folder, `${end}.db`)
    writeFileSync(copy, file)
    writeFileSync(`${copy}-wal`, log.subarray(0, end))
    const cut = new DatabaseSync(copy)
    try {
      const tables = cut.prepare("SELECT count(*) AS n FROM sqlite_schema").get()!["n"]
      return tables === 0 ? 0 : Number(cut.prepare("SELECT count(*) AS n FROM t").get()!["n"])
    } finally {
      cut.close()
    }
  }
  // The table itself is the first commit.
  expect(ends.map(rowsAfter)).toEqual([0, 1, 2, 3])
  expect(ends.map((end) => rowsAfter(end - 1))).toEqual([0, 0, 1, 2])
  expect(commitEnds(new Uint8Array(10))).toEqual([])
  rmSync(folder, { recursive: true })
})
