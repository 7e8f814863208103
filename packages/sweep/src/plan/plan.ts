/** From a study to the work that is left: plain data, made before anything runs. */
import { Backend, type BackendError, type CheckpointRef, CheckpointStore } from "@ts/backend"
import { Effect, Option } from "effect"
import { type StoreError, type StudyError, type StudyProblem, studyError } from "../errors.ts"
import { type RunState, Store } from "../store/Store.ts"
import { Study } from "../study/index.ts"
import type { StudyRun } from "../study/Study.ts"
import { incapabilities } from "./capable.ts"
import { type Cost, costOf, flopsOf, type Priced } from "./cost.ts"
import { keysAt, missingHorizons, remainingWork, type Start, type Work } from "./remaining.ts"

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
  readonly cost: Cost
  /** What was left out or rounded. */
  readonly notes: ReadonlyArray<string>
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

/** Longest first, each branch behind its parent. */
const inOrder = (runs: ReadonlyArray<PlannedRun>): ReadonlyArray<PlannedRun> => {
  const depth = (run: PlannedRun): number => {
    const parent = runs.find(({ runId }) => runId === run.spec.origin?.parent)
    return parent === undefined ? 0 : 1 + depth(parent)
  }
  const branched = runs.some(({ spec }) => spec.origin !== undefined)
  return runs
    .map((run, index) => ({ run, index, depth: branched ? depth(run) : 0 }))
    .sort((a, b) => a.depth - b.depth || b.run.flops - a.run.flops || a.index - b.index)
    .map(({ run }) => run)
}

const group = (problems: ReadonlyArray<StudyProblem>): ReadonlyArray<StudyProblem> => {
  const counts = new Map<string, StudyProblem & { runs: number }>()
  for (const p of problems) counts.set(p.message, { ...p, runs: (counts.get(p.message)?.runs ?? 0) + 1 })
  return [...counts.values()]
}

/**
 * The runs that still have something to do, each with one assignment, and what they cost.
 *
 * Readings in the store under the backend's `numericsId` are taken off: a finished study plans nothing, a new horizon
 * only the extension, a removed reading that run from the checkpoint before it. Fails with every problem at once.
 */
export const plan: (study: Study) => Effect.Effect<Plan, StudyError | StoreError | BackendError, Backend | Store> =
  Effect.fn("Sweep.plan")(function* (study: Study) {
    const { runs, notes } = yield* Study.expand(study)
    const { capabilities } = yield* Backend
    const problems = runs.flatMap((run) => incapabilities(capabilities, run))
    if (problems.length > 0) return yield* studyError(group(problems))

    const store = yield* Store
    const states = yield* store.runs
    const numericsOf = (run: StudyRun) => capabilities.numerics[run.spec.precision]
    const stateOf = (run: StudyRun): RunState | undefined => states.get(run.runId)?.get(numericsOf(run))

    // A branch with something to do needs its parent's checkpoint, even of a parent that is done.
    const keep = new Map<string, Array<number>>()
    for (const run of [...runs].reverse()) {
      const origin = run.spec.origin
      const busy = missingHorizons(run, stateOf(run)).length > 0 || keep.has(run.runId)
      if (origin !== undefined && busy) keep.set(origin.parent, [...(keep.get(origin.parent) ?? []), origin.at])
    }

    const planned: Array<PlannedRun> = []
    let readings = 0
    for (const run of runs) {
      const state = stateOf(run)
      const asked = run.horizons.flatMap((horizon) => keysAt(run, horizon))
      readings += asked.filter((key) => state?.readings.has(key)).length
      const kept = keep.get(run.runId) ?? []
      const missing = missingHorizons(run, state)
      if (missing.length === 0 && kept.length === 0) continue
      const start = yield* startOf(run, numericsOf(run), state !== undefined)
      const work = remainingWork(run, state, start, kept)
      if (work === undefined) continue
      planned.push({
        ...run,
        numericsId: numericsOf(run),
        work,
        flops: flopsOf(run.spec, work),
        readings: missing.flatMap((horizon) => keysAt(run, horizon)).filter((key) => !state?.readings.has(key)).length,
        keep: kept,
      })
    }
    const ordered = inOrder(planned)
    return {
      study,
      backend: capabilities.backend,
      device: capabilities.device,
      runs: ordered,
      done: { runs: runs.length - ordered.length, readings },
      cost: costOf(ordered, capabilities),
      notes,
    }
  })
