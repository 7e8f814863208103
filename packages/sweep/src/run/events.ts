/** What a sweep tells while it runs. Whatever concerns results was on disk before it is told. */
import type { Cost } from "../plan/cost.ts"
import type { JournalEntry } from "../store/journal.ts"
import type { Stopped } from "./budget.ts"

export type SweepEvent =
  /** The driver holds the store and the data are being prepared. */
  | { readonly _tag: "Began"; readonly session: string; readonly cost: Cost }
  /** Something happened, and is in the journal. */
  | { readonly _tag: "Journalled"; readonly entry: JournalEntry }
  | Progress
  | Summary

export interface Progress {
  readonly _tag: "Progress"
  readonly runsDone: number
  readonly runs: number
  /** Runs that wait elsewhere for their turn, in a scheduler's queue. */
  readonly queued: number
  /** Trained in this session, tokens. */
  readonly tokensDone: number
  /** To train in this session; less than planned once runs diverge or fail. */
  readonly tokens: number
  readonly tokensPerSecond: number
  /** From the FLOPs done so far; absent until there are some. */
  readonly secondsLeft?: number
}

/** The last event of a sweep that was not interrupted. */
export interface Summary {
  readonly _tag: "Summary"
  /** Runs that reached their end. */
  readonly finished: number
  readonly diverged: number
  /** Runs stopped as hopeless in this session. */
  readonly pruned: number
  /** Runs given up; the next sweep tries them again. */
  readonly failed: ReadonlyArray<{ readonly runId: string; readonly message: string }>
  /** Readings that contradict stored ones. */
  readonly inconsistent: number
  /** Trained in this session, tokens. */
  readonly tokens: number
  readonly seconds: number
  /** Why it ended with runs left; absent where none are. */
  readonly stopped?: Stopped
}
