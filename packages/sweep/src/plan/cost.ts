/** What a plan costs, before anything runs. */
import { type Capabilities, flopsPerToken, parameterCount, type RunSpec } from "@ts/backend"
import { horizonOf } from "@ts/schedule"
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
  /**
   * On disk at most at one time, where the newest checkpoint of a run that can be extended stays: those that runs leave, those
   * that branches wait for, and those of runs under way whose schedule ends.
   */
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

const checkpointBytes = (runs: ReadonlyArray<Priced>, { concurrency, maxLanes }: Capabilities): number => {
  let lasting = 0
  const passing: Array<number> = []
  for (const { spec, work } of runs) {
    const { checkpointAt, averages, until } = work.assignment
    const one = checkpointBytesOf(spec, averages.length)
    lasting += checkpointAt.length * one
    if ((horizonOf(spec.schedule) ?? Number.POSITIVE_INFINITY) > until) lasting += one
    else passing.push(one)
  }
  const sideBySide = Math.max(1, concurrency) * Math.max(1, maxLanes)
  return passing
    .sort((a, b) => b - a)
    .slice(0, sideBySide)
    .reduce((sum, bytes) => sum + bytes, lasting)
}

export const costOf = (runs: ReadonlyArray<Priced>, able: Capabilities, clock: Clock | undefined): Cost => {
  const sum = (value: (run: Priced) => number) => runs.reduce((total, run) => total + value(run), 0)
  const seconds = ({ spec, work: { tokens, assignment } }: Priced) =>
    clock!(spec, assignment.averages, tokens, assignment.evaluateAt.length)
  return {
    runs: runs.length,
    readings: sum(({ readings }) => readings),
    tokens: sum(({ work }) => work.tokens),
    flops: sum(({ flops }) => flops),
    checkpointBytes: able.checkpoints ? checkpointBytes(runs, able) : 0,
    ...(clock === undefined ? {} : { seconds: makespan(runs.map(seconds), able.concurrency) }),
  }
}
