/** Which runs go next, and together: free workers first, then lanes. */
import { isSettled, type Lane } from "./lane.ts"

const parentOf = (lane: Lane, lanes: ReadonlyArray<Lane>): Lane | undefined =>
  lane.run.spec.origin === undefined ? undefined : lanes.find(({ run }) => run.runId === lane.run.spec.origin!.parent)

/** Waiting branches whose parent ended without reaching them, with the reason. */
export const orphans = (lanes: ReadonlyArray<Lane>): ReadonlyArray<readonly [Lane, string]> =>
  lanes
    .filter(({ status }) => status === "waiting")
    .flatMap((lane) => {
      const parent = parentOf(lane, lanes)
      const { at } = lane.run.spec.origin ?? { at: 0 }
      if (parent === undefined || !isSettled(parent) || parent.status === "finished" || parent.tokens >= at) return []
      const how = parent.status === "diverged" ? "diverged" : "failed"
      return [[lane, `its parent ${parent.run.runId} ${how} at ${parent.tokens} tokens, before the branch at ${at}`]]
    })

/**
 * The next bundle: the first run that is ready, and others of equal shape as long as every worker would still have
 * one. Branches are ready once their parent is settled.
 */
export const nextBundle = (lanes: ReadonlyArray<Lane>, concurrency: number, maxLanes: number): ReadonlyArray<Lane> => {
  const ready = lanes.filter((lane) => {
    const parent = parentOf(lane, lanes)
    return lane.status === "waiting" && (parent === undefined || isSettled(parent))
  })
  if (ready.length === 0) return []
  const width = Math.min(Math.max(1, maxLanes), Math.ceil(ready.length / Math.max(1, concurrency)))
  return ready.filter(({ key }) => key === ready[0].key).slice(0, width)
}
