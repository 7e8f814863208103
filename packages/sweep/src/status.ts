/** How a study stands, without running anything. */
import { Backend } from "@ts/backend"
import { Effect } from "effect"
import { askedOf } from "./adaptive/space.ts"
import type { StoreError, StudyError } from "./errors.ts"
import { keysAt, missingHorizons } from "./plan/remaining.ts"
import { standings } from "./plan/standing.ts"
import type { DriverInfo } from "./store/driver.ts"
import { type RunState, Store } from "./store/Store.ts"
import { Study } from "./study/index.ts"
import type { StudyRun } from "./study/Study.ts"

/** `pruned`: stopped as hopeless; `partial`: some readings are there; `running` is told of the study by its `driver`, never stored. */
export type RunStanding = "complete" | "diverged" | "pruned" | "partial" | "failed" | "waiting"

export interface RunStatus {
  readonly run: StudyRun
  readonly standing: RunStanding
  /** The furthest step boundary heard of. */
  readonly tokens: number
  readonly readings: number
  readonly asked: number
  /** Why its last attempt failed, how it diverged, or why it was pruned. */
  readonly reason?: string
}

export interface SweepStatus {
  /** Who is running the study now, if anybody. */
  readonly driver?: DriverInfo
  readonly runs: ReadonlyArray<RunStatus>
  readonly counts: Readonly<Record<RunStanding, number>>
}

const standingOf = (state: RunState | undefined, missing: boolean, readings: number, asked: number): RunStanding => {
  if (state === undefined) return "waiting"
  if (!missing) {
    if (readings === asked) return state.diverged === undefined ? "complete" : "diverged"
    return state.diverged !== undefined ? "diverged" : "pruned"
  }
  if (state.failure !== undefined) return "failed"
  return readings > 0 || state.tokens > 0 ? "partial" : "waiting"
}

/** What is asked of a run, and how much of that there is; runs that are asked the same share it. */
interface Asked {
  readonly keys: ReadonlyArray<string>
  readonly taken: WeakMap<ReadonlySet<string>, number>
}

const none: ReadonlySet<string> = new Set()

/** Counts readings: runs share their sets of readings and mostly what is asked, so that each pair is looked at once. */
const makeCounter = () => {
  const byText = new Map<string, Asked>()
  return (run: StudyRun, state: RunState | undefined): { readonly asked: number; readonly taken: number } => {
    const { horizons, averages, noiseScale: scale } = run
    const sizes = scale === undefined ? "" : `${scale.small} ${scale.big} ${scale.samples}`
    const text = `${horizons.join()};${averages.join()};${sizes}`
    let asked = byText.get(text)
    if (asked === undefined) {
      asked = { keys: horizons.flatMap((horizon) => keysAt(run, horizon)), taken: new WeakMap() }
      byText.set(text, asked)
    }
    const readings = state?.readings ?? none
    let taken = asked.taken.get(readings)
    if (taken === undefined) {
      taken = asked.keys.filter((key) => readings.has(key)).length
      asked.taken.set(readings, taken)
    }
    return { asked: asked.keys.length, taken }
  }
}

/** The standing of every run under the backend's `numericsId`, of an adaptive study of those planned so far, and who is driving. */
export const status: (study: Study) => Effect.Effect<SweepStatus, StudyError | StoreError, Backend | Store> = Effect.fn(
  "Sweep.status",
)(function* (study: Study) {
  const runs = study.adaptive === undefined ? (yield* Study.expand(study)).runs : yield* askedOf(study)
  const { capabilities } = yield* Backend
  const store = yield* Store
  const stateOf = standings(runs, yield* store.runs, ({ spec }) => capabilities.numerics[spec.precision] ?? "")
  const driver = yield* store.driver
  const count = makeCounter()
  const counts: Record<RunStanding, number> = {
    complete: 0,
    diverged: 0,
    pruned: 0,
    partial: 0,
    failed: 0,
    waiting: 0,
  }
  const found = runs.map((run): RunStatus => {
    const state = stateOf(run)
    const { asked, taken } = count(run, state)
    const missing = taken < asked && missingHorizons(run, state).length > 0
    const standing = standingOf(state, missing, taken, asked)
    const reason = state?.diverged?.reason ?? state?.pruned?.reason ?? state?.failure
    counts[standing]++
    return {
      run,
      standing,
      tokens: state?.tokens ?? 0,
      readings: taken,
      asked,
      ...(reason === undefined ? {} : { reason }),
    }
  })
  return { runs: found, counts, ...(driver === undefined ? {} : { driver }) }
})
