/** Brings the views up to date with one journal entry; runs inside the transaction that appends it. */
import type { RunSpec } from "@ts/backend"
import { boundaryOf } from "../plan/boundary.ts"
import type { JournalEntry, JournalEvent } from "./journal.ts"
import type { Database } from "./sqlite.ts"

type Inconsistent = Extract<JournalEvent, { _tag: "Inconsistent" }>

const insertRun = `INSERT INTO runs (run_id, numerics_id, backend, synthetic, tokens, finished, failure)
  VALUES (?, ?, (SELECT backend FROM sessions WHERE session = ?), ?, ?, 0, ?) ON CONFLICT DO UPDATE SET`

/** Gives back a contradiction with what is stored, if the entry is one. */
export const project = (db: Database, entry: JournalEntry): Inconsistent | undefined => {
  const { event, seq, session, time, numericsId } = entry
  switch (event._tag) {
    case "SessionStarted":
      db.run(
        "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, NULL)",
        session,
        event.study,
        event.backend,
        event.device,
        time,
      )
      break
    case "SessionEnded":
      db.run("UPDATE sessions SET ended = ? WHERE session = ?", time, session)
      break
    case "DataPrepared":
      for (const { identity, evaluation, trainTokens, shards } of event.data) {
        db.run(
          "INSERT OR REPLACE INTO data VALUES (?, ?, ?, ?)",
          identity,
          evaluation,
          trainTokens,
          JSON.stringify(shards),
        )
      }
      break
    case "RunPlanned":
      plan(db, event)
      break
    case "Started":
      db.run(
        `${insertRun} finished = 0, failure = NULL, cleared = 0, tokens = max(tokens, excluded.tokens)`,
        ...[event.runId, numericsId, session, event.synthetic ? 1 : 0, event.tokens, null],
      )
      break
    case "Stepped":
      advance(db, event.runId, numericsId, event.tokens)
      break
    case "Evaluated":
      advance(db, event.runId, numericsId, event.tokens)
      return read(db, event, numericsId, seq)
    case "NoiseScaleMeasured":
      db.run(
        "INSERT OR IGNORE INTO noise_scales VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ...[event.runId, numericsId, event.requested, event.tokens, event.small, event.big, event.samples],
        ...[event.squaredNormSmall, event.squaredNormBig],
      )
      break
    case "Checkpointed": {
      advance(db, event.runId, numericsId, event.tokens)
      const { checkpoint } = event
      const row = [event.runId, numericsId, checkpoint.tokens, JSON.stringify(checkpoint)] as const
      db.run("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)", ...row)
      break
    }
    case "CheckpointRejected":
      db.run("DELETE FROM checkpoints WHERE run_id = ? AND json_extract(ref, '$.hash') = ?", event.runId, event.hash)
      break
    case "CheckpointsCleared":
      db.run(
        `DELETE FROM checkpoints WHERE run_id = ? AND numerics_id = ?
           AND json_extract(ref, '$.hash') NOT IN (SELECT value FROM json_each(?))`,
        ...[event.runId, numericsId, JSON.stringify(event.kept)],
      )
      if (event.last)
        db.run("UPDATE runs SET cleared = 1 WHERE run_id = ? AND numerics_id = ?", event.runId, numericsId)
      break
    case "Diverged":
      db.run(
        `UPDATE runs SET diverged_at = min(coalesce(diverged_at, ?), ?), diverged_reason = coalesce(diverged_reason, ?),
           tokens = max(tokens, ?) WHERE run_id = ? AND numerics_id = ?`,
        ...[event.tokens, event.tokens, event.reason, event.tokens, event.runId, numericsId],
      )
      break
    case "Pruned":
      db.run(
        "UPDATE runs SET pruned_at = ?, pruned_reason = ? WHERE run_id = ? AND numerics_id = ?",
        ...[event.tokens, event.reason, event.runId, numericsId],
      )
      break
    case "Failed":
      db.run("UPDATE runs SET failure = ? WHERE run_id = ? AND numerics_id = ?", event.message, event.runId, numericsId)
      break
    case "GivenUp":
      db.run(`${insertRun} failure = excluded.failure`, ...[event.runId, numericsId, session, 0, 0, event.message])
      break
    case "Finished":
      advance(db, event.runId, numericsId, event.tokens)
      db.run("UPDATE runs SET finished = 1 WHERE run_id = ? AND numerics_id = ?", event.runId, numericsId)
      break
    case "Inconsistent":
      db.run("INSERT INTO inconsistencies VALUES (?, ?, ?)", seq, event.runId, JSON.stringify(event))
      break
    case "Removed":
      remove(db, event.runId, event.requested)
      break
    case "Retrying":
    case "Queued": // told, never journalled
      break
  }
  return undefined
}

/** A pruned run that trains further is no longer one. */
const advance = (db: Database, runId: string, numericsId: string | null, tokens: number): void =>
  db.run(
    `UPDATE runs SET tokens = max(tokens, ?1), pruned_reason = iif(pruned_at < ?1, NULL, pruned_reason),
       pruned_at = iif(pruned_at < ?1, NULL, pruned_at)
     WHERE run_id = ?2 AND numerics_id = ?3 AND (tokens < ?1 OR pruned_at < ?1)`,
    ...[tokens, runId, numericsId],
  )

const read = (
  db: Database,
  { runId, requested, average, evaluation, tokens, step, loss }: Extract<JournalEvent, { _tag: "Evaluated" }>,
  numericsId: string | null,
  seq: number,
): Inconsistent | undefined => {
  const stored = db.get<{ loss: number }>(
    "SELECT loss FROM readings WHERE run_id = ? AND numerics_id = ? AND requested = ? AND average = ? AND evaluation = ?",
    ...[runId, numericsId, requested, average, evaluation],
  )
  if (stored !== undefined) {
    return stored.loss === loss
      ? undefined
      : { _tag: "Inconsistent", runId, requested, average, stored: stored.loss, received: loss }
  }
  db.run(
    "INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ...[runId, numericsId, requested, average, evaluation, tokens, step, loss, seq],
  )
  return undefined
}

const plan = (
  db: Database,
  { runId, spec, horizons, averages }: Extract<JournalEvent, { _tag: "RunPlanned" }>,
): void => {
  const known = db.get<{ horizons: string; averages: string }>("SELECT * FROM specs WHERE run_id = ?", runId)
  const asked = [union(known?.horizons, horizons), union(known?.averages, averages)] as const
  if (known === undefined) db.run("INSERT INTO specs VALUES (?, ?, ?, ?)", runId, JSON.stringify(spec), ...asked)
  else db.run("UPDATE specs SET horizons = ?, averages = ? WHERE run_id = ?", ...asked, runId)
}

/** Where a run gave no reading since it had diverged or was pruned, that is the result taken back. */
const remove = (db: Database, runId: string, requested: number | undefined): void => {
  if (requested === undefined) {
    for (const view of ["readings", "noise_scales", "runs"]) db.run(`DELETE FROM ${view} WHERE run_id = ?`, runId)
    return
  }
  db.run("DELETE FROM readings WHERE run_id = ? AND requested = ?", runId, requested)
  db.run("DELETE FROM noise_scales WHERE run_id = ? AND requested = ?", runId, requested)
  const known = db.get<{ spec: string }>("SELECT spec FROM specs WHERE run_id = ?", runId)
  const at = known === undefined ? requested : boundaryOf(JSON.parse(known.spec) as RunSpec, requested)
  db.run("UPDATE runs SET diverged_at = NULL, diverged_reason = NULL WHERE run_id = ? AND diverged_at <= ?", runId, at)
  db.run("UPDATE runs SET pruned_at = NULL, pruned_reason = NULL WHERE run_id = ? AND pruned_at < ?", runId, at)
}

/** JSON of everything ever asked for, ascending. */
const union = (known: string | undefined, more: ReadonlyArray<number>): string =>
  JSON.stringify([...new Set([...JSON.parse(known ?? "[]"), ...more])].sort((a, b) => a - b))
