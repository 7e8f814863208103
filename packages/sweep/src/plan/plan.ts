/** From a study to the work that is left: plain data, made before anything runs. */
import { Backend, type BackendError, type Capabilities, type CheckpointRef, CheckpointStore } from "@ts/backend"
import { Effect, Option } from "effect"
import { problem, type StoreError, type StudyError, type StudyProblem, studyError } from "../errors.ts"
import { type RunState, Store } from "../store/Store.ts"
import { sameStudy } from "../store/sameStudy.ts"
import { Study } from "../study/index.ts"
import type { StudyRun } from "../study/Study.ts"
import { afford, type PlanBudget } from "./afford.ts"
import { type Calibration, calibratedClock } from "./calibration.ts"
import { incapabilities } from "./capable.ts"
import { type Clock, type Cost, costOf, flopsOf, type Priced, statedClock } from "./cost.ts"
import { depths, inOrder } from "./order.ts"
import { keysAt, missingHorizons, remainingWork, type Start, type Work } from "./remaining.ts"
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

/** Checkpoints that can be resumed from: from the checkpoint store where one is at hand, else as journalled. */
export const checkpointsOf = Effect.fnUntraced(function* (runId: string, numericsId: string) {
  const { capabilities } = yield* Backend
  if (!capabilities.checkpoints) return [] as ReadonlyArray<CheckpointRef>
  const kept = yield* Effect.serviceOption(CheckpointStore)
  const store = yield* Store
  return Option.isSome(kept) ? yield* kept.value.list(runId, numericsId) : yield* store.checkpoints(runId, numericsId)
})

export const startOf = Effect.fnUntraced(function* (run: StudyRun, numericsId: string, known: boolean) {
  const origin = run.spec.origin
  return {
    own: known ? yield* checkpointsOf(run.runId, numericsId) : [],
    parent: origin === undefined ? [] : yield* checkpointsOf(origin.parent, numericsId),
  } satisfies Start
})

const group = (problems: ReadonlyArray<StudyProblem>): ReadonlyArray<StudyProblem> => {
  const counts = new Map<string, StudyProblem & { runs: number }>()
  for (const p of problems) counts.set(p.message, { ...p, runs: (counts.get(p.message)?.runs ?? 0) + 1 })
  return [...counts.values()]
}

const nowhere: Start = { own: [], parent: [] }

type StateOf = (run: StudyRun) => RunState | undefined

/** Where branches with something to do need a checkpoint of their parent, even of one that is done. */
const kept = (runs: ReadonlyArray<StudyRun>, stateOf: StateOf): ReadonlyMap<string, ReadonlyArray<number>> => {
  const depth = depths(runs)
  const keep = new Map<string, Array<number>>()
  const branches = runs.filter(({ spec }) => spec.origin !== undefined)
  for (const run of branches.sort((a, b) => depth.get(b.runId)! - depth.get(a.runId)!)) {
    const { parent, at } = run.spec.origin!
    if (missingHorizons(run, stateOf(run)).length === 0 && !keep.has(run.runId)) continue
    const positions = keep.get(parent) ?? []
    if (!positions.includes(at)) keep.set(parent, [...positions, at])
  }
  return keep
}

/** The runs with something left to do, as they are asked for. */
const remaining = Effect.fnUntraced(function* (
  runs: ReadonlyArray<StudyRun>,
  stateOf: StateOf,
  { numerics }: Capabilities,
) {
  const keep = kept(runs, stateOf)
  const none: ReadonlyArray<number> = []
  // Branches of one trunk look at the same checkpoints.
  const roots = new Map<string, ReadonlyArray<CheckpointRef>>()
  const planned: Array<PlannedRun> = []
  for (const run of runs) {
    const state = stateOf(run)
    const positions = keep.get(run.runId) ?? none
    const missing = missingHorizons(run, state)
    if (missing.length === 0 && positions.length === 0) continue
    const numericsId = numerics[run.spec.precision]
    const { origin } = run.spec
    let start = nowhere
    if (state !== undefined || origin !== undefined) {
      const root = origin === undefined ? none : roots.get(origin.parent)
      if (origin !== undefined && root === undefined) {
        roots.set(origin.parent, yield* checkpointsOf(origin.parent, numericsId))
      }
      const own = state === undefined ? nowhere.own : yield* checkpointsOf(run.runId, numericsId)
      start = { own, parent: origin === undefined ? nowhere.parent : roots.get(origin.parent)! }
    }
    const work = remainingWork(run, state, start, positions)
    if (work === undefined) continue
    const each = 1 + run.averages.length + (run.noiseScale === undefined ? 0 : 1)
    planned.push({
      ...run,
      numericsId,
      work,
      flops: flopsOf(run.spec, work),
      readings:
        state === undefined
          ? missing.length * each
          : missing.flatMap((horizon) => keysAt(run, horizon)).filter((key) => !state.readings.has(key)).length,
      keep: positions,
    })
  }
  return inOrder(planned)
})

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
  const stateOf = standings(
    runs,
    pruned ? unpruned(states) : states,
    ({ spec }) => capabilities.numerics[spec.precision],
  )
  const clock: Clock | undefined =
    calibration === undefined ? statedClock(capabilities) : calibratedClock(calibration, capabilities)
  const all = yield* remaining(runs, stateOf, capabilities)
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
  const some = yield* remaining(within, stateOf, capabilities)
  return {
    ...whole,
    runs: some,
    left: { runs: all.length - some.length, readings: readingsOf(all) - readingsOf(some) },
    cost: costOf(some, capabilities, clock),
    notes: note === undefined ? notes : [...notes, note],
  }
})
