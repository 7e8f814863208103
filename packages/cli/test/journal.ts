/** What a study's database holds, read as any SQLite program would. */
import { DatabaseSync } from "node:sqlite"

interface Line {
  readonly run_id: string | null
  readonly numerics_id: string | null
  readonly event: string
}

/** A loss told in the journal: one key for each position of a run, and kind of loss. */
export type Losses = ReadonlyMap<string, number>

export interface Measured {
  /** Training losses by "run tokens". */
  readonly stepped: Losses
  /** Validation losses by "run requested average". */
  readonly evaluated: Losses
  /** Losses told twice with different bits; must be empty. */
  readonly contradictions: ReadonlyArray<string>
  /** Rows of the tables of runs and of readings. */
  readonly runs: number
  readonly readings: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly sessions: number
  readonly resumptions: number
}

export const measured = (database: string): Measured => {
  // Patience, milliseconds: whoever writes it may just begin.
  const db = new DatabaseSync(database, { readOnly: true, timeout: 10_000 })
  try {
    const stepped = new Map<string, number>()
    const evaluated = new Map<string, number>()
    const contradictions: Array<string> = []
    let resumptions = 0
    const note = (losses: Map<string, number>, key: string, loss: number) => {
      const known = losses.get(key)
      if (known !== undefined && !Object.is(known, loss)) contradictions.push(`${key}: ${known} and ${loss}`)
      losses.set(key, known ?? loss)
    }
    for (const line of db.prepare("SELECT run_id, numerics_id, event FROM journal ORDER BY seq").all()) {
      const event = JSON.parse((line as unknown as Line).event)
      if (event._tag === "Stepped") note(stepped, `${event.runId} ${event.tokens}`, event.loss)
      if (event._tag === "Evaluated") note(evaluated, `${event.runId} ${event.requested} ${event.average}`, event.loss)
      if (event._tag === "Started" && event.resumedFrom !== undefined) resumptions++
      if (event._tag === "Inconsistent") contradictions.push(JSON.stringify(event))
    }
    const readings = db
      .prepare(
        "SELECT run_id, requested, average, tokens, step, loss FROM readings ORDER BY run_id, requested, average",
      )
      .all()
    const count = (table: string) => Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!["n"])
    return {
      stepped,
      evaluated,
      contradictions,
      runs: count("runs"),
      readings,
      sessions: count("sessions"),
      resumptions,
    }
  } finally {
    db.close()
  }
}

/** Sorted, so that sessions that ran in another order compare equal. */
export const sorted = (losses: Losses): ReadonlyArray<readonly [string, number]> =>
  [...losses].sort(([a], [b]) => (a < b ? -1 : 1))
