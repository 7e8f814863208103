/** What a plan costs, before anything runs. */
import { type Capabilities, flopsPerToken, parameterCount, type RunSpec } from "@ts/backend"
import type { Work } from "./remaining.ts"

export interface Cost {
  /** Runs with something to train or read. */
  readonly runs: number
  /** Readings to take. */
  readonly readings: number
  /** To train, checkpoints taken into account. */
  readonly tokens: number
  /** Training and evaluation. */
  readonly flops: number
  /** Absent where the backend does not tell its speed. */
  readonly seconds?: number
  /** On disk at the end, f32. */
  readonly checkpointBytes: number
}

/** FLOPs of a piece of work: training (forward and backward), and evaluation (forward, a third of that). */
export const flopsOf = (spec: RunSpec, work: Work): number => {
  const { averages, evaluateAt } = work.assignment
  const evaluations = evaluateAt.length * (1 + averages.length)
  return flopsPerToken(spec.model) * (work.tokens + (evaluations * spec.data.validation.tokens) / 3)
}

/** Weights, optimiser state (two tensors for AdamW, one for momentum) and averages, 4 bytes a number. */
export const checkpointBytesOf = (spec: RunSpec, averages: number): number =>
  4 * parameterCount(spec.model) * (1 + (spec.optimizer.kind === "adamw" ? 2 : 1) + averages)

/** Time of jobs on `workers` that each take the next job as they become free. */
export const makespan = (jobs: ReadonlyArray<number>, workers: number): number => {
  const busy = new Array<number>(Math.max(1, Math.min(workers, jobs.length))).fill(0)
  for (const job of jobs) {
    let next = 0
    for (let i = 1; i < busy.length; i++) if (busy[i] < busy[next]) next = i
    busy[next] += job
  }
  return Math.max(0, ...busy)
}

export interface Priced {
  readonly spec: RunSpec
  readonly work: Work
  readonly flops: number
  readonly readings: number
}

export const costOf = (runs: ReadonlyArray<Priced>, able: Capabilities): Cost => {
  const sum = (value: (run: Priced) => number) => runs.reduce((total, run) => total + value(run), 0)
  const speed = able.flopsPerSecond
  return {
    runs: runs.length,
    readings: sum(({ readings }) => readings),
    tokens: sum(({ work }) => work.tokens),
    flops: sum(({ flops }) => flops),
    checkpointBytes: able.checkpoints
      ? sum(
          ({ spec, work: { assignment } }) =>
            (1 + assignment.checkpointAt.length) * checkpointBytesOf(spec, assignment.averages.length),
        )
      : 0,
    ...(speed === undefined
      ? {}
      : {
          seconds: makespan(
            runs.map(({ flops }) => flops / speed),
            able.concurrency,
          ),
        }),
  }
}
