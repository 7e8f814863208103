/**
 * Takes away checkpoints that nothing needs any more. They go first, the journal hears of it afterwards: a kill in between leaves
 * the run to be looked through again by the next sweep.
 */
import { Backend, CheckpointStore } from "@ts/backend"
import { horizonOf } from "@ts/schedule"
import { Effect } from "effect"
import type { StoreError } from "../errors.ts"
import { boundaryOf } from "../plan/boundary.ts"
import type { Plan } from "../plan/plan.ts"
import { missingHorizons } from "../plan/remaining.ts"
import type { JournalEvent } from "../store/journal.ts"
import { Store } from "../store/Store.ts"
import { Study } from "../study/index.ts"
import type { StudyRun } from "../study/Study.ts"
import type { Lane } from "./lane.ts"
import type { KeepCheckpoints } from "./options.ts"

/** A run that is done. */
export interface Done {
  readonly run: StudyRun
  /** It reached its end, neither diverged nor pruned. */
  readonly complete: boolean
  /** Where branches that are not done start, tokens. */
  readonly awaited: ReadonlyArray<number>
}

/** A schedule that has ended leaves nothing to extend. */
const canGoOn = ({ spec, horizons }: StudyRun): boolean => {
  const end = horizonOf(spec.schedule)
  return end === undefined || boundaryOf(spec, Math.max(0, ...horizons)) < end
}

/** Positions of the checkpoints that stay, out of those there are. */
export const positionsKept = (
  { run, complete, awaited }: Done,
  positions: ReadonlyArray<number>,
  keep: KeepCheckpoints,
): ReadonlySet<number> => {
  if (keep === "all") return new Set(positions)
  const kept = new Set(awaited)
  if (keep === "last" && complete) {
    for (const at of run.checkpointAt) kept.add(boundaryOf(run.spec, at))
    if (canGoOn(run)) kept.add(Math.max(...positions))
  }
  return kept
}

const isDone = ({ status }: Lane): boolean => status === "finished" || status === "diverged" || status === "pruned"

export interface Clearing {
  /** Once a run is done: its own checkpoints, and those of its parent that only it was waiting for. */
  readonly leave: (lane: Lane) => Effect.Effect<void, StoreError, CheckpointStore>
  /** At the end: what a kill left behind, and parents that were done before this sweep. */
  readonly rest: Effect.Effect<void, StoreError, CheckpointStore>
}

/** Everything stays. */
const nothing: Clearing = { leave: () => Effect.void, rest: Effect.void }

export const makeClearing = Effect.fnUntraced(function* (
  plan: Plan,
  lanes: ReadonlyMap<string, Lane>,
  journal: Array<{ readonly event: JournalEvent; readonly numericsId?: string }>,
  keep: KeepCheckpoints = "last",
) {
  const { checkpoints: can, numerics } = (yield* Backend).capabilities
  if (!can || keep === "all") return nothing
  const store = yield* Store
  const { runs } = yield* Study.expand(plan.study)
  const numericsOf = (run: StudyRun) => numerics[run.spec.precision] ?? ""
  // A budget may have left branches out of the plan; without one, what is not planned is done.
  const before = plan.left === undefined ? undefined : yield* store.runs
  const isOpen = (run: StudyRun): boolean => {
    const lane = lanes.get(run.runId)
    if (lane !== undefined) return !isDone(lane)
    return before !== undefined && missingHorizons(run, before.get(run.runId)?.get(numericsOf(run))).length > 0
  }
  const branches = Map.groupBy(
    runs.filter(({ spec }) => spec.origin !== undefined),
    ({ spec }) => spec.origin!.parent,
  )

  const clear = Effect.fnUntraced(
    function* (run: StudyRun, complete: boolean) {
      const checkpoints = yield* CheckpointStore
      const numericsId = numericsOf(run)
      const awaited = (branches.get(run.runId) ?? []).filter(isOpen).map(({ spec }) => spec.origin!.at)
      const refs = yield* checkpoints.list(run.runId, numericsId)
      const positions = refs.map(({ tokens }) => tokens)
      const kept = positionsKept({ run, complete, awaited }, positions, keep)
      const useless = refs.filter(({ tokens }) => !kept.has(tokens))
      yield* Effect.forEach(useless, (ref) => checkpoints.remove(ref), { discard: true })
      const hashes = refs.filter(({ tokens }) => kept.has(tokens)).map(({ hash }) => hash)
      const event = { _tag: "CheckpointsCleared" as const, runId: run.runId, kept: hashes, last: awaited.length === 0 }
      // A kill before it is on disk has the run looked through again.
      journal.push({ event, numericsId })
    },
    Effect.catchTag("BackendError", ({ message }) =>
      Effect.logWarning(`checkpoints stay where nothing needs them: ${message}`),
    ),
  )
  const leave = Effect.fnUntraced(function* (lane: Lane) {
    if (!isDone(lane)) return
    yield* clear(lane.run, lane.status === "finished")
    const { parent } = lane
    if (parent !== undefined && isDone(parent)) yield* clear(parent.run, parent.status === "finished")
  })
  const rest = Effect.gen(function* () {
    const left = new Set((yield* store.uncleared).map(({ runId }) => runId))
    if (left.size === 0) return
    const states = yield* store.runs
    for (const run of runs) {
      const state = states.get(run.runId)?.get(numericsOf(run))
      if (!left.has(run.runId) || state === undefined || missingHorizons(run, state).length > 0) continue
      yield* clear(run, state.diverged === undefined && state.pruned === undefined)
    }
  })
  return { leave, rest } satisfies Clearing
})
