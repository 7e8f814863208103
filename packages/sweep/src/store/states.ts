/** What the store knows of its runs, from the views. */
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { RunState } from "./Store.ts"

/** One run, as an array: as objects, 100,000 of them take several times longer. */
type StoredState = readonly [
  runId: string,
  numericsId: string,
  tokens: number,
  finished: number,
  divergedAt: number | null,
  divergedReason: string | null,
  prunedAt: number | null,
  prunedReason: string | null,
  failure: string | null,
  // Keys of its readings (`readingKey`, `noiseScaleKey`), one a line.
  readings: string | null,
  scales: string | null,
]

const why = (tokens: number, reason: string | null) => ({ tokens, reason: reason ?? "" })

const stateOf = (row: StoredState, readings: ReadonlySet<string>): RunState => {
  const [runId, numericsId, tokens, finished, divergedAt, divergedReason, prunedAt, prunedReason, failure] = row
  const state: RunState = { runId, numericsId, readings, tokens, finished: finished === 1 }
  if (divergedAt === null && prunedAt === null && failure === null) return state
  return {
    ...state,
    ...(divergedAt === null ? {} : { diverged: why(divergedAt, divergedReason) }),
    ...(prunedAt === null ? {} : { pruned: why(prunedAt, prunedReason) }),
    ...(failure === null ? {} : { failure }),
  }
}

/** By `runId` then `numericsId`. Runs with the same readings share one set: a study of 100,000 runs has a handful of them. */
export const readStates = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  only?: { readonly runId: string; readonly numericsId: string },
) {
  const where = only === undefined ? sql`TRUE` : sql`run_id = ${only.runId} AND numerics_id = ${only.numericsId}`
  const found = (yield* sql`
    SELECT run_id, numerics_id, tokens, finished, diverged_at, diverged_reason, pruned_at, pruned_reason, failure,
      (SELECT group_concat(requested || ' ' || average, char(10)) FROM readings AS taken
         WHERE taken.run_id = runs.run_id AND taken.numerics_id = runs.numerics_id),
      (SELECT group_concat(requested || ' noise ' || small || ' ' || big || ' ' || samples, char(10)) FROM noise_scales AS taken
         WHERE taken.run_id = runs.run_id AND taken.numerics_id = runs.numerics_id)
    FROM runs WHERE ${where}`.values) as unknown as ReadonlyArray<StoredState>
  const shared = new Map<string, ReadonlySet<string>>()
  const states = new Map<string, Map<string, RunState>>()
  for (const row of found) {
    const [runId, numericsId] = row
    const [readings, scales] = [row[9] ?? "", row[10]]
    const keys = scales === null ? readings : `${readings}\n${scales}`
    let taken = shared.get(keys)
    if (taken === undefined) {
      taken = new Set(keys === "" ? [] : keys.split("\n"))
      shared.set(keys, taken)
    }
    const state = stateOf(row, taken)
    const others = states.get(runId)
    if (others === undefined) states.set(runId, new Map([[numericsId, state]]))
    else others.set(numericsId, state)
  }
  return states
})
