/** Brings the views up to date with one journal entry; runs inside the transaction that appends it. */
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { JournalEntry, JournalEvent } from "./journal.ts"

type Inconsistent = Extract<JournalEvent, { _tag: "Inconsistent" }>

/** Gives back a contradiction with what is stored, if the entry is one. */
export const project = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, entry: JournalEntry) {
  const { event, seq, session, time, numericsId } = entry
  switch (event._tag) {
    case "SessionStarted":
      yield* sql`INSERT INTO sessions VALUES (${session}, ${event.study}, ${event.backend}, ${event.device}, ${time}, NULL)`
      break
    case "SessionEnded":
      yield* sql`UPDATE sessions SET ended = ${time} WHERE session = ${session}`
      break
    case "DataPrepared":
      for (const { identity, evaluation, trainTokens, shards } of event.data) {
        yield* sql`INSERT OR REPLACE INTO data VALUES (${identity}, ${evaluation}, ${trainTokens}, ${JSON.stringify(shards)})`
      }
      break
    case "RunPlanned": {
      const { runId, spec } = event
      const [known] = yield* sql<{ horizons: string; averages: string }>`SELECT * FROM specs WHERE run_id = ${runId}`
      const horizons = union(known?.horizons, event.horizons)
      const averages = union(known?.averages, event.averages)
      yield* sql`INSERT INTO specs VALUES (${runId}, ${JSON.stringify(spec)}, ${horizons}, ${averages})
        ON CONFLICT DO UPDATE SET horizons = excluded.horizons, averages = excluded.averages`
      break
    }
    case "Started":
      yield* sql`INSERT INTO runs VALUES (${event.runId}, ${numericsId},
          (SELECT backend FROM sessions WHERE session = ${session}), ${event.synthetic ? 1 : 0}, ${event.tokens},
          0, NULL, NULL, NULL)
        ON CONFLICT DO UPDATE SET finished = 0, failure = NULL, tokens = max(tokens, excluded.tokens)`
      break
    case "Stepped":
      yield* advance(sql, event.runId, numericsId, event.tokens)
      break
    case "Evaluated": {
      const { runId, requested, average, evaluation, tokens, step, loss } = event
      yield* advance(sql, runId, numericsId, tokens)
      const [stored] = yield* sql<{ loss: number }>`SELECT loss FROM readings WHERE run_id = ${runId}
        AND numerics_id = ${numericsId} AND requested = ${requested} AND average = ${average} AND evaluation = ${evaluation}`
      if (stored === undefined) {
        yield* sql`INSERT INTO readings VALUES (${runId}, ${numericsId}, ${requested}, ${average}, ${evaluation},
          ${tokens}, ${step}, ${loss}, ${seq})`
      } else if (stored.loss !== loss) {
        return { _tag: "Inconsistent", runId, requested, average, stored: stored.loss, received: loss } as Inconsistent
      }
      break
    }
    case "NoiseScaleMeasured":
      yield* sql`INSERT OR IGNORE INTO noise_scales VALUES (${event.runId}, ${numericsId}, ${event.requested},
        ${event.tokens}, ${event.small}, ${event.big}, ${event.samples}, ${event.squaredNormSmall}, ${event.squaredNormBig})`
      break
    case "Checkpointed":
      yield* advance(sql, event.runId, numericsId, event.tokens)
      yield* sql`INSERT OR REPLACE INTO checkpoints VALUES (${event.runId}, ${numericsId}, ${event.checkpoint.tokens},
        ${JSON.stringify(event.checkpoint)})`
      break
    case "CheckpointRejected":
      yield* sql`DELETE FROM checkpoints WHERE run_id = ${event.runId} AND json_extract(ref, '$.hash') = ${event.hash}`
      break
    case "Diverged":
      yield* sql`UPDATE runs SET diverged_at = min(coalesce(diverged_at, ${event.tokens}), ${event.tokens}),
        diverged_reason = coalesce(diverged_reason, ${event.reason}), tokens = max(tokens, ${event.tokens})
        WHERE run_id = ${event.runId} AND numerics_id = ${numericsId}`
      break
    case "Failed":
      yield* sql`UPDATE runs SET failure = ${event.message} WHERE run_id = ${event.runId} AND numerics_id = ${numericsId}`
      break
    case "GivenUp":
      yield* sql`INSERT INTO runs VALUES (${event.runId}, ${numericsId},
          (SELECT backend FROM sessions WHERE session = ${session}), 0, 0, 0, NULL, NULL, ${event.message})
        ON CONFLICT DO UPDATE SET failure = excluded.failure`
      break
    case "Finished":
      yield* advance(sql, event.runId, numericsId, event.tokens)
      yield* sql`UPDATE runs SET finished = 1 WHERE run_id = ${event.runId} AND numerics_id = ${numericsId}`
      break
    case "Inconsistent":
      yield* sql`INSERT INTO inconsistencies VALUES (${seq}, ${event.runId}, ${JSON.stringify(event)})`
      break
    case "Removed":
      if (event.requested === undefined) {
        yield* sql`DELETE FROM readings WHERE run_id = ${event.runId}`
        yield* sql`DELETE FROM noise_scales WHERE run_id = ${event.runId}`
        yield* sql`DELETE FROM runs WHERE run_id = ${event.runId}`
      } else {
        yield* sql`DELETE FROM readings WHERE run_id = ${event.runId} AND requested = ${event.requested}`
        yield* sql`DELETE FROM noise_scales WHERE run_id = ${event.runId} AND requested = ${event.requested}`
      }
      break
    case "Retrying":
      break
  }
  return undefined
})

const advance = (sql: SqlClient.SqlClient, runId: string, numericsId: string | null, tokens: number) =>
  sql`UPDATE runs SET tokens = ${tokens} WHERE run_id = ${runId} AND numerics_id = ${numericsId} AND tokens < ${tokens}`

/** JSON of everything ever asked for, ascending. */
const union = (known: string | undefined, more: ReadonlyArray<number>): string =>
  JSON.stringify([...new Set([...JSON.parse(known ?? "[]"), ...more])].sort((a, b) => a - b))
