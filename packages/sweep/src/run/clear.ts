/**
 * Takes away checkpoints that nothing needs any more. They go first, the journal hears of it afterwards: a kill in between leaves
 * the run to be looked through again by the next sweep.
 */
import { Backend, CheckpointStore } from "@ts/backend"
import { horizonOf } from "@ts/schedule"
import { Effect } from "effect"
import type { StoreError } from "../errors.ts"
import { boundaryOf } from "../plan/boundary.ts"
import { missingHorizons } from "../plan/remaining.ts"
import { Store } from "../store/Store.ts"
import { Study } from "../study/index.ts"
import type { StudyRun } from "../study/Study.ts"
import type { BundleContext } from "./context.ts"
import type { Lane } from "./lane.ts"
import type { KeepCheckpoints } from "./options.ts"

/** A run that is done. */
export interface Done {
  readonly run: StudyRun
  readonly numericsId: string
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

const clear = Effect.fnUntraced(
  function* (done: Done, { session, options }: BundleContext) {
    const checkpoints = yield* CheckpointStore
    const { run, numericsId } = done
    const refs = yield* checkpoints.list(run.runId, numericsId)
    const positions = refs.map(({ tokens }) => tokens)
    const kept = positionsKept(done, positions, options.keepCheckpoints ?? "last")
    const useless = refs.filter(({ tokens }) => !kept.has(tokens))
    yield* Effect.forEach(useless, (ref) => checkpoints.remove(ref), { discard: true })
    const hashes = refs.filter(({ tokens }) => kept.has(tokens)).map(({ hash }) => hash)
    yield* session.append([{ event: { _tag: "CheckpointsCleared", runId: run.runId, kept: hashes }, numericsId }])
  },
  Effect.catchTag("BackendError", ({ message }) =>
    Effect.logWarning(`checkpoints stay where nothing needs them: ${message}`),
  ),
)

const isDone = ({ status }: Lane): boolean => status === "finished" || status === "diverged" || status === "pruned"

const isClearing = Effect.fnUntraced(function* ({ options }: BundleContext) {
  return (yield* Backend).capabilities.checkpoints && options.keepCheckpoints !== "all"
})

const doneWith = (lane: Lane): Done => ({
  run: lane.run,
  numericsId: lane.run.numericsId,
  complete: lane.status === "finished",
  awaited: lane.children.filter((branch) => !isDone(branch)).map(({ run }) => run.spec.origin!.at),
})

/** Once a run is done: its own, and those of its parent that only it was waiting for. */
export const clearLane = Effect.fnUntraced(function* (
  lane: Lane,
  context: BundleContext,
): Effect.fn.Return<void, StoreError, Backend | CheckpointStore> {
  if (!isDone(lane) || !(yield* isClearing(context))) return
  yield* clear(doneWith(lane), context)
  if (lane.parent !== undefined && isDone(lane.parent)) yield* clear(doneWith(lane.parent), context)
})

/** What a kill left behind, and parents that were done before this sweep. */
export const clearRest = Effect.fnUntraced(function* (
  study: Study,
  lanes: ReadonlyArray<Lane>,
  context: BundleContext,
) {
  if (!(yield* isClearing(context))) return
  const store = yield* Store
  const ours = new Set(lanes.map(({ run }) => run.runId))
  const branches = lanes.filter(({ parent, run }) => parent === undefined && run.spec.origin !== undefined)
  const parents = new Set(branches.map(({ run }) => run.spec.origin!.parent))
  const left = (yield* store.uncleared).map(({ runId }) => runId).filter((runId) => !ours.has(runId))
  const wanted = new Set([...parents, ...left])
  if (wanted.size === 0) return
  const { numerics } = (yield* Backend).capabilities
  const states = yield* store.runs
  for (const run of (yield* Study.expand(study)).runs) {
    const numericsId = numerics[run.spec.precision] ?? ""
    const state = states.get(run.runId)?.get(numericsId)
    if (!wanted.has(run.runId) || state === undefined || missingHorizons(run, state).length > 0) continue
    const complete = state.diverged === undefined && state.pruned === undefined
    const open = branches.filter((lane) => lane.run.spec.origin!.parent === run.runId && !isDone(lane))
    const awaited = open.map((lane) => lane.run.spec.origin!.at)
    yield* clear({ run, numericsId, complete, awaited }, context)
  }
})
