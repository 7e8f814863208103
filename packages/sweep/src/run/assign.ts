/** What a lane is asked for now: its work up to its goal, given what the stores hold at this moment. */
import { type Assignment, Backend, type CheckpointRef, CheckpointStore } from "@ts/backend"
import { Effect } from "effect"
import { boundaryOf } from "../plan/boundary.ts"
import { keysAt, remainingWork } from "../plan/remaining.ts"
import { startOf } from "../plan/starts.ts"
import { Store } from "../store/Store.ts"
import { type BundleContext, giveUp } from "./context.ts"
import { endStage, type Lane } from "./lane.ts"
import { upTo } from "./stages.ts"

/** What one attempt asks of a lane. */
export interface Asked {
  readonly lane: Lane
  readonly assignment: Assignment
  /** Keys of the readings asked for and not heard of yet. */
  readonly unread: Set<string>
  /** The step boundary heard of last in this attempt; absent before `Started`. */
  at?: number
  /** Something came of it after `Started`. */
  heard: boolean
  /** Its checkpoint turned out useless: start again at once from an earlier one. */
  rejected: boolean
  failure?: string
}

/** Checkpoints that branches are to start from must not be replaced by later ones, as rolling ones are. */
const pin = Effect.fnUntraced(function* (lane: Lane, own: ReadonlyArray<CheckpointRef>) {
  const { keep, spec } = lane.run
  const awaited = new Set(keep.map((at) => boundaryOf(spec, at)))
  const checkpoints = yield* CheckpointStore
  for (const ref of own.filter(({ tokens }) => awaited.has(tokens))) {
    // One that is gone is of no use to a branch either, and the branch will say so.
    yield* Effect.ignore(checkpoints.keep(ref))
  }
  lane.pinned = true
})

/** Nothing is asked of a lane that turns out to be there already, or that cannot start. */
export const assign = Effect.fnUntraced(function* (lane: Lane, context: BundleContext) {
  const { run, rejected } = lane
  const store = yield* Store
  const { capabilities } = yield* Backend
  // What is in the plan is to be trained, pruned before or not.
  const { pruned: _, ...state } = (yield* store.run(run.runId, run.numericsId)) ?? { readings: new Set<string>() }
  const known = "runId" in state ? state : undefined
  const start = yield* startOf(run, run.numericsId, true)
  if (capabilities.checkpoints && run.keep.length > 0 && !lane.pinned) yield* pin(lane, start.own)
  const sound = ({ hash }: CheckpointRef) => !rejected.has(hash)
  const usable = { own: start.own.filter(sound), parent: start.parent.filter(sound) }
  const stage = upTo(run, lane.goal)
  const work = remainingWork(stage, known, usable, stage.keep)
  lane.diverges = known?.diverged !== undefined
  if (work === undefined) {
    endStage(lane)
    return []
  }
  const { assignment } = work
  const { origin } = run.spec
  if (origin !== undefined && assignment.resume === undefined) {
    const message = `the checkpoint of its parent ${origin.parent} at ${origin.at} tokens cannot be used or lacks the averages this run reads`
    yield* giveUp(context, lane, message)
    return []
  }
  const unread = new Set(
    assignment.evaluateAt.flatMap((horizon) => keysAt(run, horizon)).filter((key) => !state.readings.has(key)),
  )
  return [{ lane, assignment, unread, heard: false, rejected: false } satisfies Asked as Asked]
})
