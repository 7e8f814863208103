/** The runs of a study with something left to do, and what. */
import type { CheckpointRef } from "@ts/backend"
import { Effect } from "effect"
import type { RunState } from "../store/Store.ts"
import type { StudyRun } from "../study/Study.ts"
import { flopsOf } from "./cost.ts"
import { depths, inOrder } from "./order.ts"
import type { PlannedRun } from "./plan.ts"
import { keysAt, missingHorizons, remainingWork } from "./remaining.ts"
import { checkpointsOf } from "./starts.ts"

export type StateOf = (run: StudyRun) => RunState | undefined

const none: ReadonlyArray<never> = []

/** Folders of checkpoints looked into at a time. */
const LISTED_AT_ONCE = 16

/** Where branches with something to do need a checkpoint of their parent, even of one that is done. */
const awaited = (runs: ReadonlyArray<StudyRun>, stateOf: StateOf): ReadonlyMap<string, ReadonlyArray<number>> => {
  const depth = depths(runs)
  const keep = new Map<string, Array<number>>()
  const branches = runs.filter(({ spec }) => spec.origin !== undefined)
  for (const run of branches.sort((a, b) => depth.get(b.runId)! - depth.get(a.runId)!)) {
    const { parent, at } = run.spec.origin!
    if (missingHorizons(run, stateOf(run)).length === 0 && !keep.has(run.runId)) continue
    const positions = keep.get(parent)
    if (positions === undefined) keep.set(parent, [at])
    else if (!positions.includes(at)) positions.push(at)
  }
  return keep
}

interface Open {
  readonly run: StudyRun
  readonly numericsId: string
  readonly state: RunState | undefined
  readonly missing: ReadonlyArray<number>
  readonly keep: ReadonlyArray<number>
}

/** Checkpoints of the runs that may have some, and of the parents of branches: each looked up once. */
const listed = Effect.fnUntraced(function* (open: ReadonlyArray<Open>) {
  const wanted = new Map<string, readonly [runId: string, numericsId: string]>()
  const want = (runId: string, numericsId: string) => wanted.set(`${runId} ${numericsId}`, [runId, numericsId])
  for (const { run, state, numericsId } of open) {
    if (state !== undefined) want(run.runId, numericsId)
    if (run.spec.origin !== undefined) want(run.spec.origin.parent, numericsId)
  }
  const found = new Map<string, ReadonlyArray<CheckpointRef>>()
  yield* Effect.forEach(
    wanted,
    ([key, [runId, numericsId]]) =>
      Effect.map(checkpointsOf(runId, numericsId), (refs) => {
        found.set(key, refs)
      }),
    { concurrency: LISTED_AT_ONCE, discard: true },
  )
  return (runId: string, numericsId: string) => found.get(`${runId} ${numericsId}`) ?? none
})

/** Longest first, branches after their parents. `numericsOf`: what a run would be trained by. */
export const remainder = Effect.fnUntraced(function* (
  runs: ReadonlyArray<StudyRun>,
  stateOf: StateOf,
  numericsOf: (run: StudyRun) => string,
) {
  const keep = awaited(runs, stateOf)
  const open: Array<Open> = []
  for (const run of runs) {
    const state = stateOf(run)
    const missing = missingHorizons(run, state)
    const positions = keep.get(run.runId) ?? none
    if (missing.length === 0 && positions.length === 0) continue
    open.push({ run, numericsId: numericsOf(run), state, missing, keep: positions })
  }
  const refsOf = yield* listed(open)
  const planned: Array<PlannedRun> = []
  for (const { run, numericsId, state, missing, keep } of open) {
    const { origin } = run.spec
    const own = state === undefined ? none : refsOf(run.runId, numericsId)
    const parent = origin === undefined ? none : refsOf(origin.parent, numericsId)
    const work = remainingWork(run, state, { own, parent }, keep)
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
      keep,
    })
  }
  return inOrder(planned)
})
