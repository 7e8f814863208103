/** How a study stands, without running anything. */
import { Backend } from "@ts/backend"
import { Effect } from "effect"
import type { StoreError, StudyError } from "./errors.ts"
import { keysAt, missingHorizons } from "./plan/remaining.ts"
import { standings } from "./plan/standing.ts"
import type { DriverInfo } from "./store/driver.ts"
import { type RunState, Store } from "./store/Store.ts"
import { Study } from "./study/index.ts"
import type { StudyRun } from "./study/Study.ts"

/** `partial`: some readings are there; `running` is told of the study by its `driver`, never stored. */
export type RunStanding = "complete" | "diverged" | "partial" | "failed" | "waiting"

export interface RunStatus {
  readonly run: StudyRun
  readonly standing: RunStanding
  /** The furthest step boundary heard of. */
  readonly tokens: number
  readonly readings: number
  readonly asked: number
  /** Why its last attempt failed, or how it diverged. */
  readonly reason?: string
}

export interface SweepStatus {
  /** Who is running the study now, if anybody. */
  readonly driver?: DriverInfo
  readonly runs: ReadonlyArray<RunStatus>
  readonly counts: Readonly<Record<RunStanding, number>>
}

const standingOf = (run: StudyRun, state: RunState | undefined, readings: number): RunStanding => {
  if (state === undefined) return "waiting"
  if (missingHorizons(run, state).length === 0) return state.diverged === undefined ? "complete" : "diverged"
  if (state.failure !== undefined) return "failed"
  return readings > 0 || state.tokens > 0 ? "partial" : "waiting"
}

/** The standing of every run under the backend's `numericsId`, and who is driving. */
export const status: (study: Study) => Effect.Effect<SweepStatus, StudyError | StoreError, Backend | Store> = Effect.fn(
  "Sweep.status",
)(function* (study: Study) {
  const { runs } = yield* Study.expand(study)
  const { capabilities } = yield* Backend
  const store = yield* Store
  const stateOf = standings(runs, yield* store.runs, ({ spec }) => capabilities.numerics[spec.precision] ?? "")
  const driver = yield* store.driver
  const counts: Record<RunStanding, number> = { complete: 0, diverged: 0, partial: 0, failed: 0, waiting: 0 }
  const standings = runs.map((run): RunStatus => {
    const state = stateOf(run)
    const asked = run.horizons.flatMap((horizon) => keysAt(run, horizon))
    const readings = asked.filter((key) => state?.readings.has(key)).length
    const standing = standingOf(run, state, readings)
    const reason = state?.diverged?.reason ?? state?.failure
    counts[standing]++
    return {
      run,
      standing,
      tokens: state?.tokens ?? 0,
      readings,
      asked: asked.length,
      ...(reason === undefined ? {} : { reason }),
    }
  })
  return { runs: standings, counts, ...(driver === undefined ? {} : { driver }) }
})
