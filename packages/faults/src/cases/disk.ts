/** Disks that are slow, full, broken, or not to be written to; then they are well again, and the same sweep goes on. */
import { match, ok, strictEqual } from "node:assert/strict"
import type { StoreError } from "@ts/sweep"
import { Effect, Result } from "effect"
import { type Bench, readJournal, type Surroundings, summaryOf, sweep, within } from "../bench.ts"
import type { FaultCase } from "../faultCase.ts"
import { expectFinished } from "../kills.ts"
import { acknowledged, inFolder, verify, verifyJournal } from "../verify.ts"
import { fileError, watchedFiles } from "../watchFiles.ts"
import { begins, commits, opens, type SqlWatcher, slowCommits, watchSql } from "../watchSql.ts"

/** Runs a program while statements are watched. */
export const watching = async <A>(watcher: SqlWatcher, program: () => Promise<A>): Promise<A> => {
  const unwatch = watchSql(watcher)
  try {
    return await program()
  } finally {
    unwatch()
  }
}

export const sweepWell = async (bench: Bench, folder: string): Promise<void> => {
  const events = await Effect.runPromise(within(bench, folder, sweep(bench.study)))
  expectFinished({ killed: false, summary: summaryOf(events) })
  await verify(bench, folder)
}

/** Sweeps while statements are watched; the error that ends it, if one does. What was acknowledged is there afterwards. */
const attempt = async (bench: Bench, folder: string, watcher: SqlWatcher): Promise<StoreError | undefined> => {
  const result = await watching(watcher, () =>
    Effect.runPromise(Effect.result(within(bench, folder, sweep(bench.study)))),
  )
  verifyJournal(await Effect.runPromise(within(bench, folder, readJournal)), acknowledged(folder))
  return Result.isFailure(result) ? (result.failure as StoreError) : undefined
}

const expectRefused = (error: StoreError | undefined, message: RegExp) => {
  strictEqual(error?._tag, "StoreError")
  strictEqual(error.reason, "Io")
  match(error.message, message)
}

const sqliteError = (errcode: number, message: string) =>
  Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR", errcode, errstr: message })

/** SQLite's own refusal to grow: the database gets so many pages and no more. */
const onlyPages = (pages: number): SqlWatcher => {
  return (execution, execute) => {
    const result = execute()
    if (opens(execution)) execution.database.prepare(`PRAGMA max_page_count=${pages}`).get()
    return result
  }
}

/** The n-th commit and all after it fail; `late`: of the first, the bytes had reached the disk when the disk said no. */
const failingCommits = (nth: number, late: boolean, error: () => Error): SqlWatcher => {
  let count = 0
  return (execution, execute) => {
    if (!commits(execution) || ++count < nth) return execute()
    if (late && count === nth) execute()
    throw error()
  }
}

const pagesOf = async (bench: Bench, folder: string): Promise<number> => {
  let pages = 0
  await watching(
    (execution, execute) => {
      const result = execute()
      if (begins(execution) && pages === 0) {
        pages = Number(Object.values(execution.database.prepare("PRAGMA page_count").get()!)[0])
      }
      return result
    },
    () => Effect.runPromise(within(bench, folder, readJournal)),
  )
  return pages
}

/** Checkpoints cannot be written for a while: the runs they are of are tried again, and everything ends. */
const checkpointsFail = (code: "ENOSPC" | "EIO" | "EROFS"): FaultCase => ({
  name: `checkpoints meet ${code} for a while`,
  skip: ({ capabilities }) => (capabilities.checkpoints ? undefined : "it keeps no checkpoints"),
  run: (bench) =>
    inFolder(bench, async (folder) => {
      let [left, seen] = [6, 0]
      const files = watchedFiles((change, path) => {
        if (change === "remove" || ++seen < 8 || left === 0) return Effect.void
        left--
        return Effect.fail(fileError(code, change, path))
      })
      const surroundings: Surroundings = { files }
      const events = await Effect.runPromise(within(bench, folder, sweep(bench.study), surroundings))
      ok(left < 6, "the fault did not happen")
      expectFinished({ killed: false, summary: summaryOf(events) })
      await verify(bench, folder)
    }),
})

export const diskCases = (): ReadonlyArray<FaultCase> => [
  {
    name: "the database cannot grow: refused in one sentence, and the same sweep goes on when it can",
    run: (bench) =>
      inFolder(bench, async (folder) => {
        // Its tables are there; then a few pages more.
        await Effect.runPromise(within(bench, folder, readJournal))
        const pages = await pagesOf(bench, folder)
        for (const more of [0, 1, 2]) {
          const error = await attempt(bench, folder, onlyPages(pages + more))
          // It may fit into a page or two.
          if (more === 0 || error !== undefined) expectRefused(error, /the disk is full.*nothing measured is lost/)
        }
        await sweepWell(bench, folder)
      }),
  },
  {
    name: "commits fail with an i/o error, with and without their bytes on the disk: the same sweep goes on",
    run: (bench) =>
      inFolder(bench, async (folder) => {
        await Effect.runPromise(within(bench, folder, readJournal))
        for (const late of [false, true]) {
          const nth = 2 + bench.draw(`commit ${late}`, Math.ceil(bench.events / 10))
          const watcher = failingCommits(nth, late, () => sqliteError(10, "disk I/O error"))
          expectRefused(await attempt(bench, folder, watcher), /disk I\/O error/)
        }
        await sweepWell(bench, folder)
      }),
  },
  {
    name: "a slow disk: every commit takes 20 ms longer",
    run: (bench) =>
      inFolder(bench, async (folder) => {
        const events = await watching(slowCommits(20), () =>
          Effect.runPromise(within(bench, folder, sweep(bench.study))),
        )
        expectFinished({ killed: false, summary: summaryOf(events) })
        await verify(bench, folder)
      }),
  },
  checkpointsFail("ENOSPC"),
  checkpointsFail("EIO"),
  checkpointsFail("EROFS"),
]
