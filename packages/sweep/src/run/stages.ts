/** Cuts a run at its horizons, so that all runs get to the first before any goes on to the next. */
import { boundaryOf } from "../plan/boundary.ts"
import type { PlannedRun } from "../plan/plan.ts"

/**
 * A stage ends with a checkpoint to write and begins with one to read, some tens of milliseconds together for models small
 * enough to tune: after 5 s of training that is a percent.
 */
const STAGE_SECONDS = 5

/** A bundle that waits in a queue goes on for many times as long as it may have waited. */
const OVER_STARTUP = 20

/** What getting to a stop has to take at least, seconds. */
export const stageSecondsOf = (asked: number | undefined, startupSeconds = 0): number =>
  asked ?? Math.max(STAGE_SECONDS, OVER_STARTUP * startupSeconds)

/** Where a run may stop: the horizons it is to answer, the positions its branches wait for, and its end; ascending. */
export const stopsOf = ({ keep, work }: PlannedRun): ReadonlyArray<number> => {
  const { evaluateAt, checkpointAt, until } = work.assignment
  const awaited = checkpointAt.filter((at) => keep.includes(at))
  return [...new Set([...evaluateAt, ...awaited, until])].filter((at) => at <= until).sort((a, b) => a - b)
}

/**
 * How far a run goes now: to the first stop that takes `stageSeconds` to reach, else to its last. `secondsTo` is undefined as
 * long as no speed is known; then a run stops at once, and the speed is.
 */
export const goalOf = (
  stops: ReadonlyArray<number>,
  secondsTo: (stop: number) => number | undefined,
  stageSeconds: number,
): number => stops.find((stop) => (secondsTo(stop) ?? stageSeconds) >= stageSeconds) ?? stops[stops.length - 1]!

/** The run as if nothing were asked of it past `goal`. */
export const upTo = (run: PlannedRun, goal: number): PlannedRun => {
  const end = boundaryOf(run.spec, goal)
  const { logEvery } = run.work.assignment
  return {
    ...run,
    ...(logEvery === undefined ? {} : { logEvery }),
    horizons: run.horizons.filter((horizon) => horizon <= goal),
    keep: run.keep.filter((at) => boundaryOf(run.spec, at) <= end),
  }
}

export interface Speed {
  /** Seconds that so many FLOPs take, by what was seen so far, else by what the backend states of itself. */
  readonly secondsFor: (flops: number) => number | undefined
  /** The same by what was seen alone. */
  readonly seenFor: (flops: number) => number | undefined
  readonly saw: (flops: number, seconds: number) => void
}

export const makeSpeed = (stated: number | undefined): Speed => {
  let [flops, seconds] = [0, 0]
  const seen = () => (seconds > 0 && flops > 0 ? flops / seconds : undefined)
  const at = (speed: number | undefined, work: number) => (speed === undefined ? undefined : work / speed)
  return {
    secondsFor: (work) => at(seen() ?? stated, work),
    seenFor: (work) => at(seen(), work),
    saw: (done, took) => {
      flops += done
      seconds += took
    },
  }
}
