/** Whether a folder holds what it has to, after whatever happened to the processes that worked on it. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { type JournalEntry, Store, Sweep } from "@ts/sweep"
import { Effect } from "effect"
import { type Bench, measured, readJournal, within } from "./bench.ts"
import { acknowledgementsOf, databaseOf } from "./studyFolder.ts"

/** All that appends returned for in a folder; of a line that a kill cut short, the append had not returned. */
export const acknowledged = (folder: string): ReadonlyArray<JournalEntry> => {
  const file = acknowledgementsOf(folder)
  if (!existsSync(file)) return []
  return readFileSync(file, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as JournalEntry)
}

const asText = (entry: JournalEntry): string => {
  const { seq, time, session, numericsId, event } = entry
  return JSON.stringify([seq, time, session, numericsId, event])
}

/** The journal counts without gaps, and holds every entry that was acknowledged, as it was. */
export const verifyJournal = (journal: ReadonlyArray<JournalEntry>, promised: ReadonlyArray<JournalEntry>): void => {
  deepStrictEqual(
    journal.map(({ seq }) => seq),
    journal.map((_, i) => i + 1),
    "the journal has gaps",
  )
  const there = new Set(journal.map(asText))
  const lost = promised.filter((entry) => !there.has(asText(entry)))
  strictEqual(lost.length, 0, `${lost.length} acknowledged events are lost, first ${JSON.stringify(lost[0])}`)
}

/** The row that a driver leaves while it works. */
const driverRows = (folder: string): number => {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite")
  const db = new DatabaseSync(databaseOf(folder), { readOnly: true })
  try {
    return Number(db.prepare("SELECT count(*) AS n FROM driver").get()!["n"])
  } finally {
    db.close()
  }
}

/**
 * Demands of the folder of a sweep that came to its end: no acknowledged event lost, no reading twice or with other
 * bits than undisturbed, no run left open, nothing left to do, no driver left; and that the journal alone gives the
 * same rows again.
 */
export const verify = async (
  bench: Bench,
  folder: string,
  promised: ReadonlyArray<JournalEntry> = acknowledged(folder),
): Promise<{ readonly events: number; readonly sessions: number; readonly acknowledged: number }> => {
  const { study, capabilities, truth } = bench
  strictEqual(driverRows(folder), 0, "a driver's row was left behind")
  return Effect.runPromise(
    within(
      bench,
      folder,
      Effect.gen(function* () {
        const journal = yield* readJournal
        verifyJournal(journal, promised)
        if (capabilities.deterministic) {
          deepStrictEqual(
            journal.filter(({ event }) => event._tag === "Inconsistent"),
            [],
            "readings contradict each other",
          )
        }
        const lines = measured(study, capabilities.deterministic, journal)
        deepStrictEqual(yield* lines, truth, "other rows than undisturbed")
        const { counts, driver } = yield* Sweep.status(study)
        const { complete, diverged, ...open } = counts
        ok(
          Object.values(open).every((n) => n === 0),
          `runs are left open: ${JSON.stringify(counts)}`,
        )
        ok(driver === undefined, "a driver is still there")
        strictEqual((yield* Sweep.plan(study)).runs.length, 0, "something is left to do")
        yield* Store.use((store) => store.rebuild)
        deepStrictEqual(yield* lines, truth, "the journal gives other rows than its views")
        const sessions = journal.filter(({ event }) => event._tag === "SessionStarted").length
        return { events: journal.length, sessions, acknowledged: promised.length }
      }),
    ),
  )
}

/** Runs a body on a folder that is gone afterwards, unless the body fails: then it is named, to be looked at. */
export const inFolder = async <A>(bench: Bench, body: (folder: string) => Promise<A>): Promise<A> => {
  const folder = bench.newFolder()
  try {
    const result = await body(folder)
    rmSync(folder, { recursive: true, force: true })
    return result
  } catch (error) {
    if (error instanceof Error) error.message += ` (seed ${bench.seed}; the study is kept in ${folder})`
    throw error
  }
}
