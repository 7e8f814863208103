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
  /** From a calibration, else from the speed the backend states; absent where there is neither. */
  readonly seconds?: number
  /** On disk at most at one time, in the precision of the run. */
  readonly checkpointBytes: number
}

export interface Priced {
  readonly spec: RunSpec
  readonly work: Work
  readonly flops: number
  readonly readings: number
}

/** FLOPs of so many tokens of training (forward and backward) and evaluations (forward, a third of that). */
export const flopsFor = (spec: RunSpec, tokens: number, evaluations: number): number =>
  flopsPerToken(spec.model) * (tokens + (evaluations * spec.data.validation.tokens) / 3)

/** FLOPs of a piece of work. */
export const flopsOf = (spec: RunSpec, { tokens, assignment: { averages, evaluateAt } }: Work): number =>
  flopsFor(spec, tokens, evaluateAt.length * (1 + averages.length))

/** Weights, optimiser state (two tensors for AdamW, one for momentum) and averages. */
export const checkpointBytesOf = ({ model, optimizer, precision }: RunSpec, averages: number): number =>
  (precision === "f64" ? 8 : 4) * parameterCount(model) * (1 + (optimizer.kind === "adamw" ? 2 : 1) + averages)

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

/** Seconds that one worker is busy with some training and reading of a run; undefined where no speed is known. */
export type Clock = (spec: RunSpec, averages: ReadonlyArray<number>, tokens: number, horizons: number) => number

/** By the backend's own word. */
export const statedClock = ({ flopsPerSecond: speed }: Capabilities): Clock | undefined =>
  speed === undefined
    ? undefined
    : (spec, averages, tokens, horizons) => flopsFor(spec, tokens, horizons * (1 + averages.length)) / speed

export const costOf = (runs: ReadonlyArray<Priced>, able: Capabilities, clock: Clock | undefined): Cost => {
  const sum = (value: (run: Priced) => number) => runs.reduce((total, run) => total + value(run), 0)
  const seconds = ({ spec, work: { tokens, assignment } }: Priced) =>
    clock!(spec, assignment.averages, tokens, assignment.evaluateAt.length)
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
    ...(clock === undefined ? {} : { seconds: makespan(runs.map(seconds), able.concurrency) }),
  }
}
