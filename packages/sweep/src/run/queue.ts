/** Runs that can go on, in order; bundles are taken from it. Everything is O(log n) a run. */
import { makeHeap } from "./heap.ts"
import { flopsTo, isSettled, type Lane } from "./lane.ts"
import { inOrder, type Place } from "./order.ts"

interface Entry extends Place {
  readonly lane: Lane
}

export interface ReadyQueue {
  /** Lines a waiting run up; a branch stays out until its parent is past where it starts (`release`). */
  readonly add: (lane: Lane) => void
  /** Lines up the branches that a parent has come past; gives those that it will never reach, with the reason. */
  readonly release: (parent: Lane) => ReadonlyArray<readonly [Lane, string]>
  /** The first run in line, and others of its kind as long as every worker would still have one. */
  readonly take: () => ReadonlyArray<Lane>
}

/** Whether the checkpoint that a branch starts from is there, or nobody in this sweep is on the way to it. */
const canStart = ({ parent, run }: Lane): boolean =>
  parent === undefined ||
  parent.status === "finished" ||
  (parent.status !== "running" && parent.tokens >= run.spec.origin!.at)

const placeOf = (lane: Lane): Place => ({
  horizon: lane.stops[0]!,
  depth: lane.depth,
  flops: flopsTo(lane, lane.stops[0]!),
  index: lane.index,
})

/** Runs with equal kinds can share a bundle. */
const kindOf = ({ shape, tokens, stops, run }: Lane): string =>
  `${shape} ${tokens} ${stops.join()} ${run.work.assignment.evaluateAt.join()}`

export const makeQueue = (concurrency: number, maxLanes: number): ReadyQueue => {
  const heap = makeHeap<Entry>(inOrder)
  const kinds = new Map<string, Set<Lane>>()
  const ready = new Map<Lane, string>()

  const add = (lane: Lane): void => {
    if (lane.status !== "waiting" || ready.has(lane) || !canStart(lane)) return
    const kind = kindOf(lane)
    ready.set(lane, kind)
    const alike = kinds.get(kind)
    if (alike === undefined) kinds.set(kind, new Set([lane]))
    else alike.add(lane)
    heap.push({ lane, ...placeOf(lane) })
  }

  const remove = (lane: Lane): void => {
    const kind = ready.get(lane)!
    const alike = kinds.get(kind)!
    ready.delete(lane)
    alike.delete(lane)
    if (alike.size === 0) kinds.delete(kind)
  }

  return {
    add,
    release: (parent) => {
      const lost: Array<readonly [Lane, string]> = []
      for (const lane of parent.children) {
        if (lane.status !== "waiting") continue
        const { at } = lane.run.spec.origin!
        if (isSettled(parent) && !canStart(lane)) {
          const where = `${parent.status} at ${parent.tokens} tokens, before the branch at ${at}`
          lost.push([lane, `its parent ${parent.run.runId} ${parent.status === "pruned" ? "was " : ""}${where}`])
        } else add(lane)
      }
      return lost
    },
    take: () => {
      const width = Math.min(Math.max(1, maxLanes), Math.ceil(ready.size / Math.max(1, concurrency)))
      for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) {
        // Taken before, with another; or lined up anew since.
        const kind = ready.get(entry.lane)
        if (kind === undefined || entry.horizon !== entry.lane.stops[0]) continue
        const bundle = [entry.lane]
        for (const lane of kinds.get(kind)!) {
          if (bundle.length >= width) break
          if (lane !== entry.lane) bundle.push(lane)
        }
        for (const lane of bundle) remove(lane)
        return bundle
      }
      return []
    },
  }
}
