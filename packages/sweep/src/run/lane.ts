/** One run while the engine works on it. */
import { canonicalJson } from "@ts/backend"
import { boundaryOf } from "../plan/boundary.ts"
import type { PlannedRun } from "../plan/plan.ts"
import { stopsOf } from "./stages.ts"

/** `waiting` between its stages, too. */
export type LaneStatus = "waiting" | "running" | "finished" | "diverged" | "failed" | "pruned"

export interface Lane {
  readonly run: PlannedRun
  /** In the plan. */
  readonly index: number
  /** Runs of equal shape can share a bundle, when they stand at the same position and are to be read at the same horizons. */
  readonly shape: number
  readonly parent?: Lane
  readonly children: Array<Lane>
  readonly depth: number
  status: LaneStatus
  message?: string
  /** It waits elsewhere, in a scheduler's queue. */
  queued: boolean
  /** Furthest step boundary heard of in this session. */
  tokens: number
  /** Where it may still stop, tokens, ascending; the last is its end. */
  stops: ReadonlyArray<number>
  /** The stop it is on its way to. */
  goal: number
  /** It diverged before, further on than what it is asked for now. */
  diverges: boolean
  /** Checkpoints that turned out useless. */
  readonly rejected: Set<string>
  /** The checkpoints its branches start from are sure to outlast its training. */
  pinned: boolean
}

/** Learning rates, decays, widths of the base and seeds may differ within a bundle; programs and positions may not. */
const shapeKey = ({ spec, work }: PlannedRun): string => {
  const { averages, noiseScale } = work.assignment
  return canonicalJson({
    model: spec.model,
    batch: spec.batch,
    data: spec.data,
    precision: spec.precision,
    optimizer: spec.optimizer.kind,
    clip: spec.optimizer.clip !== null,
    parametrisation: spec.parametrisation.kind,
    branch: spec.origin?.at,
    averages,
    noiseScale,
  })
}

/** `staged`: runs may stop at their horizons and go on later. */
export const lanesOf = (runs: ReadonlyArray<PlannedRun>, staged: boolean): ReadonlyArray<Lane> => {
  const shapes = new Map<string, number>()
  const byId = new Map<string, Lane>()
  const planned = new Map(runs.map((run, index) => [run.runId, { run, index }]))
  const laneOf = (run: PlannedRun, index: number): Lane => {
    const known = byId.get(run.runId)
    if (known !== undefined) return known
    const above = run.spec.origin === undefined ? undefined : planned.get(run.spec.origin.parent)
    const parent = above === undefined ? undefined : laneOf(above.run, above.index)
    const key = shapeKey(run)
    const shape = shapes.get(key) ?? shapes.size
    shapes.set(key, shape)
    const stops = staged ? stopsOf(run) : [run.work.assignment.until]
    const lane: Lane = {
      run,
      index,
      shape,
      ...(parent === undefined ? {} : { parent }),
      children: [],
      depth: parent === undefined ? 0 : parent.depth + 1,
      status: "waiting",
      queued: false,
      tokens: run.work.from,
      stops,
      goal: stops[0]!,
      diverges: false,
      rejected: new Set(),
      pinned: false,
    }
    parent?.children.push(lane)
    byId.set(run.runId, lane)
    return lane
  }
  return runs.map(laneOf)
}

export const isSettled = (lane: Lane): boolean => lane.status !== "waiting" && lane.status !== "running"

/** To train up to a stop, tokens. */
export const tokensTo = ({ run, tokens }: Lane, stop: number): number =>
  Math.max(0, boundaryOf(run.spec, stop) - tokens)

/** To train up to a stop, and the share of the readings that goes with it. */
export const flopsTo = (lane: Lane, stop: number): number => {
  const { flops, work } = lane.run
  return work.tokens === 0 ? flops : (flops * tokensTo(lane, stop)) / work.tokens
}

/** Its stage ended well: it waits for the next, or is done. */
export const endStage = (lane: Lane): void => {
  lane.stops = lane.stops.filter((stop) => stop > lane.goal)
  lane.tokens = Math.max(lane.tokens, boundaryOf(lane.run.spec, lane.goal))
  lane.status = lane.stops.length > 0 ? "waiting" : lane.diverges ? "diverged" : "finished"
}
