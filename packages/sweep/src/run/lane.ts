/** One run while the engine works on it. */
import { canonicalJson } from "@ts/backend"
import type { PlannedRun } from "../plan/plan.ts"

export type LaneStatus = "waiting" | "running" | "finished" | "diverged" | "failed"

export interface Lane {
  readonly run: PlannedRun
  /** Runs with equal keys can share a bundle. */
  readonly key: string
  status: LaneStatus
  message?: string
  /** Furthest step boundary heard of in this session. */
  tokens: number
  /** Checkpoints that turned out useless. */
  readonly rejected: Set<string>
}

/** Learning rates, decays, widths of the base and seeds may differ within a bundle; programs and positions may not. */
const bundleKey = ({ spec, work }: PlannedRun): string => {
  const { evaluateAt, averages, until, noiseScale } = work.assignment
  return canonicalJson({
    model: spec.model,
    batch: spec.batch,
    data: spec.data,
    precision: spec.precision,
    optimizer: spec.optimizer.kind,
    clip: spec.optimizer.clip !== null,
    parametrisation: spec.parametrisation.kind,
    branch: spec.origin?.at,
    from: work.from,
    until,
    evaluateAt,
    averages,
    noiseScale,
  })
}

export const laneOf = (run: PlannedRun): Lane => ({
  run,
  key: bundleKey(run),
  status: "waiting",
  tokens: run.work.from,
  rejected: new Set(),
})

export const isSettled = (lane: Lane): boolean => lane.status !== "waiting" && lane.status !== "running"
