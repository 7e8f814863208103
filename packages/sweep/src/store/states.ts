/** What the store knows of its runs, from the views. */
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { RunState } from "./Store.ts"

interface StoredState {
  readonly run_id: string
  readonly numerics_id: string
  readonly tokens: number
  readonly finished: number
  readonly diverged_at: number | null
  readonly diverged_reason: string | null
  readonly pruned_at: number | null
  readonly pruned_reason: string | null
  readonly failure: string | null
  /** Keys of its readings (`readingKey`, `noiseScaleKey`), one a line. */
  readonly readings: string | null
  readonly scales: string | null
}

const stateOf = (run: StoredState, readings: ReadonlySet<string>): RunState => ({
  runId: run.run_id,
  numericsId: run.numerics_id,
  readings,
  tokens: run.tokens,
  finished: run.finished === 1,
  ...(run.diverged_at === null ? {} : { diverged: { tokens: run.diverged_at, reason: run.diverged_reason ?? "" } }),
  ...(run.pruned_at === null ? {} : { pruned: { tokens: run.pruned_at, reason: run.pruned_reason ?? "" } }),
  ...(run.failure === null ? {} : { failure: run.failure }),
})

/** By `runId` then `numericsId`. Runs with the same readings share one set: a study of 100,000 runs has a handful of them. */
export const readStates = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  only?: { readonly runId: string; readonly numericsId: string },
) {
  const where = only === undefined ? sql`TRUE` : sql`run_id = ${only.runId} AND numerics_id = ${only.numericsId}`
  const found = yield* sql<StoredState>`
    SELECT run_id, numerics_id, tokens, finished, diverged_at, diverged_reason, pruned_at, pruned_reason, failure,
      (SELECT group_concat(requested || ' ' || average, char(10)) FROM readings AS taken
         WHERE taken.run_id = runs.run_id AND taken.numerics_id = runs.numerics_id) AS readings,
      (SELECT group_concat(requested || ' noise ' || small || ' ' || big || ' ' || samples, char(10)) FROM noise_scales AS taken
         WHERE taken.run_id = runs.run_id AND taken.numerics_id = runs.numerics_id) AS scales
    FROM runs WHERE ${where}`
  const shared = new Map<string, ReadonlySet<string>>()
  const states = new Map<string, Map<string, RunState>>()
  for (const run of found) {
    const keys = [run.readings, run.scales].filter((text) => text !== null).join("\n")
    let readings = shared.get(keys)
    if (readings === undefined) {
      readings = new Set(keys === "" ? [] : keys.split("\n"))
      shared.set(keys, readings)
    }
    const byNumerics = states.get(run.run_id)
    if (byNumerics === undefined) states.set(run.run_id, new Map([[run.numerics_id, stateOf(run, readings)]]))
    else byNumerics.set(run.numerics_id, stateOf(run, readings))
  }
  return states
})
