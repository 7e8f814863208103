/** From a study to the work that is left: plain data, made before anything runs. */
import { Backend, type BackendError } from "@ts/backend"
import { Effect } from "effect"
import { problem, type StoreError, type StudyError, type StudyProblem, studyError } from "../errors.ts"
import { Store } from "../store/Store.ts"
import { sameStudy } from "../store/sameStudy.ts"
import { Study } from "../study/index.ts"
import type { StudyRun } from "../study/Study.ts"
import { afford, type PlanBudget } from "./afford.ts"
import { type Calibration, calibratedClock } from "./calibration.ts"
import { incapabilities } from "./capable.ts"
import { type Clock, type Cost, costOf, type Priced, statedClock } from "./cost.ts"
import { remainder, type StateOf } from "./remainder.ts"
import { keysAt, type Work } from "./remaining.ts"
import { standings, unpruned } from "./standing.ts"

/** A run with something left to do. */
export interface PlannedRun extends StudyRun, Priced {
  readonly numericsId: string
  /** The assignment as things stand now; made afresh when the run starts. */
  readonly work: Work
  readonly flops: number
  /** Readings it will take. */
  readonly readings: number
  /** Positions at which branches of this study need a checkpoint of it. */
  readonly keep: ReadonlyArray<number>
}

export interface Plan {
  readonly study: Study
  readonly backend: string
  readonly device: string
  /** Longest first, branches after their parents. */
  readonly runs: ReadonlyArray<PlannedRun>
  /** What is there already. */
  readonly done: { readonly runs: number; readonly readings: number }
  /** What a budget does not reach for; absent without one. */
  readonly left?: { readonly runs: number; readonly readings: number }
  readonly cost: Cost
  /** What was left out or rounded. */
  readonly notes: ReadonlyArray<string>
}

export interface PlanOptions {
  /** Plan only what this buys, short horizons first. */
  readonly budget?: PlanBudget
  /** Go on with pruned runs, too; else what they did not read counts as answered. */
  readonly pruned?: boolean
  /** Of this backend, for the time of the plan; see `Sweep.calibrate`. */
  readonly calibration?: Calibration
}

const group = (problems: ReadonlyArray<StudyProblem>): ReadonlyArray<StudyProblem> => {
  const counts = new Map<string, StudyProblem & { runs: number }>()
  for (const p of problems) counts.set(p.message, { ...p, runs: (counts.get(p.message)?.runs ?? 0) + 1 })
  return [...counts.values()]
}

const readingsDone = (runs: ReadonlyArray<StudyRun>, stateOf: StateOf): number => {
  let readings = 0
  for (const run of runs) {
    const taken = stateOf(run)?.readings
    if (taken === undefined || taken.size === 0) continue
    for (const horizon of run.horizons) for (const key of keysAt(run, horizon)) if (taken.has(key)) readings++
  }
  return readings
}

const readingsOf = (runs: ReadonlyArray<PlannedRun>) => runs.reduce((sum, run) => sum + run.readings, 0)

/**
 * The runs that still have something to do, each with one assignment, and what they cost.
 *
 * Readings in the store under the backend's `numericsId` are taken off: a finished study plans nothing, a new horizon
 * only the extension, a removed reading that run from the checkpoint before it. Fails with every problem at once, also
 * where a budget does not buy a single run.
 */
export const plan: (
  study: Study,
  options?: PlanOptions,
) => Effect.Effect<Plan, StudyError | StoreError | BackendError, Backend | Store> = Effect.fn("Sweep.plan")(function* (
  study: Study,
  { budget, pruned = false, calibration }: PlanOptions = {},
) {
  if (study.adaptive !== undefined) {
    return yield* studyError([
      problem("adaptive", "its rounds are planned one by one: see the next with Sweep.next, train with Sweep.adapt"),
    ])
  }
  const { runs, notes } = yield* Study.expand(study)
  const { capabilities } = yield* Backend
  const problems = runs.flatMap(incapabilities(capabilities))
  if (problems.length > 0) return yield* studyError(group(problems))

  const store = yield* Store
  yield* sameStudy(store.path, yield* store.study, study.name)
  const states = yield* store.runs
  const numericsOf = ({ spec }: StudyRun) => capabilities.numerics[spec.precision]
  const stateOf = standings(runs, pruned ? unpruned(states) : states, numericsOf)
  const clock: Clock | undefined =
    calibration === undefined ? statedClock(capabilities) : calibratedClock(calibration, capabilities)
  const all = yield* remainder(runs, stateOf, numericsOf)
  const whole = {
    study,
    backend: capabilities.backend,
    device: capabilities.device,
    runs: all,
    done: { runs: runs.length - all.length, readings: readingsDone(runs, stateOf) },
    cost: costOf(all, capabilities, clock),
    notes,
  }
  if (budget === undefined) return whole

  const workers = Math.max(1, Math.min(capabilities.concurrency, all.length))
  const bought = afford(
    all,
    budget,
    clock && ((run, tokens, horizons) => clock(run.spec, run.averages, tokens, horizons) / workers),
  )
  if ("problems" in bought) return yield* studyError(bought.problems)
  const { reach, note } = bought
  const missing = new Map(all.map((run) => [run.runId, run.work.assignment.evaluateAt]))
  const within = runs.flatMap((run) => {
    const end = reach.get(run.runId)
    const open = missing.get(run.runId)
    if (open === undefined) return [run]
    const horizons = run.horizons.filter((horizon) => !open.includes(horizon) || (end !== undefined && horizon <= end))
    return horizons.length === 0 ? [] : [{ ...run, horizons }]
  })
  const some = yield* remainder(within, stateOf, numericsOf)
  return {
    ...whole,
    runs: some,
    left: { runs: all.length - some.length, readings: readingsOf(all) - readingsOf(some) },
    cost: costOf(some, capabilities, clock),
    notes: note === undefined ? notes : [...notes, note],
  }
})
