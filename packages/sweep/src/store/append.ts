/** Appends to the journal, and reads it; both for use inside a transaction or on a quiet database. */
import type { JournalEntry, JournalEvent } from "./journal.ts"
import { project } from "./project.ts"
import type { Database } from "./sqlite.ts"

export interface StoredEntry {
  readonly seq: number
  readonly time: number
  readonly session: string
  readonly numerics_id: string | null
  readonly event: string
}

export const entryOf = ({ event, numerics_id, ...rest }: StoredEntry): JournalEntry => ({
  ...rest,
  numericsId: numerics_id,
  event: JSON.parse(event) as JournalEvent,
})

/** Who writes, when (milliseconds since 1970), and whether other numbers for the same reading contradict a promise. */
export interface Writer {
  readonly session: string
  readonly deterministic: boolean
  readonly time: number
}

export type Fresh = ReadonlyArray<{ readonly event: JournalEvent; readonly numericsId?: string }>

const write = (db: Database, { session, time }: Writer, event: JournalEvent, numericsId: string | null) => {
  const { seq } = db.get<{ seq: number }>(
    "INSERT INTO journal (time, session, run_id, numerics_id, event) VALUES (?, ?, ?, ?, ?) RETURNING seq",
    ...[time, session, "runId" in event ? event.runId : null, numericsId, JSON.stringify(event)],
  )!
  return { seq, time, session, numericsId, event } satisfies JournalEntry
}

/** Journals the events and brings the views up to date; contradictions with what is stored become entries of their own. */
export const appendAll = (db: Database, writer: Writer, events: Fresh): ReadonlyArray<JournalEntry> => {
  const entries: Array<JournalEntry> = []
  for (const { event, numericsId = null } of events) {
    const entry = write(db, writer, event, numericsId)
    entries.push(entry)
    const inconsistent = project(db, entry)
    if (inconsistent !== undefined && writer.deterministic) {
      const told = write(db, writer, inconsistent, numericsId)
      project(db, told)
      entries.push(told)
    }
  }
  return entries
}

/** Empties the views and fills them again from the journal. */
export const replay = (db: Database, views: ReadonlyArray<string>, pageSize: number): void => {
  for (const view of views) db.run(`DELETE FROM ${view}`)
  for (let after = 0; ; ) {
    const found = db.all<StoredEntry>("SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", after, pageSize)
    for (const stored of found) project(db, entryOf(stored))
    if (found.length < pageSize) return
    after = found[found.length - 1].seq
  }
}
