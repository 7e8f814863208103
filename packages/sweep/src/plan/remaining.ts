/** What is still to do of a run, given what is stored: the readings missing, and where to start. */
import { type Assignment, averageName, type CheckpointRef } from "@ts/backend"
import { noiseScaleKey, readingKey } from "../store/keys.ts"
import type { RunState } from "../store/Store.ts"
import type { StudyRun } from "../study/Study.ts"
import { boundaryOf } from "./boundary.ts"

/** Names of the weights a run's readings are taken of. */
export const averageNames = (run: StudyRun): ReadonlyArray<string> => ["none", ...run.averages.map(averageName)]

/** Keys of all that is asked of a run at one horizon. */
export const keysAt = (run: StudyRun, horizon: number): ReadonlyArray<string> => [
  ...averageNames(run).map((average) => readingKey(horizon, average)),
  ...(run.noiseScale === undefined ? [] : [noiseScaleKey(horizon, run.noiseScale)]),
]

/** Horizons with something missing that the run can still reach: those after a divergence, or a pruning, are answered. */
export const missingHorizons = (run: StudyRun, state: RunState | undefined): ReadonlyArray<number> =>
  state === undefined
    ? run.horizons
    : run.horizons.filter(
        (horizon) =>
          keysAt(run, horizon).some((key) => !state.readings.has(key)) &&
          (state.diverged === undefined || boundaryOf(run.spec, horizon) < state.diverged.tokens) &&
          (state.pruned === undefined || boundaryOf(run.spec, horizon) <= state.pruned.tokens),
      )

export interface Work {
  readonly assignment: Assignment
  /** Step boundary it starts from. */
  readonly from: number
  /** To train, tokens. */
  readonly tokens: number
}

export interface Start {
  /** Checkpoints of the run itself that are there. */
  readonly own: ReadonlyArray<CheckpointRef>
  /** For a branch: checkpoints of its parent. */
  readonly parent: ReadonlyArray<CheckpointRef>
}

const LOGS_PER_RUN = 16

/** Whether a checkpoint carries every average that is read of the run. */
const holds = (run: StudyRun, ref: CheckpointRef): boolean =>
  run.averages.every((decay) => ref.averages.includes(decay))

/**
 * The assignment that fills in what is missing, from the latest checkpoint that precedes it and holds every average
 * asked for; `undefined` when nothing is missing. `keep`: positions at which branches need a checkpoint.
 */
export const remainingWork = (
  run: StudyRun,
  state: RunState | undefined,
  { own, parent }: Start,
  keep: ReadonlyArray<number>,
): Work | undefined => {
  const { spec } = run
  const missing = missingHorizons(run, state)
  const lost = keep.filter(
    (at) =>
      !own.some((ref) => ref.tokens === boundaryOf(spec, at) && holds(run, ref)) &&
      (state?.diverged === undefined || boundaryOf(spec, at) < state.diverged.tokens),
  )
  const wanted = lost.length === 0 ? missing : [...missing, ...lost]
  if (wanted.length === 0) return undefined
  const first = boundaryOf(spec, Math.min(...wanted))
  const until = Math.max(...wanted)
  const origin = spec.origin
  const resume =
    own.findLast((ref) => ref.tokens <= first && holds(run, ref)) ??
    (origin === undefined ? undefined : parent.find((ref) => ref.tokens === origin.at && holds(run, ref)))
  const from = resume?.tokens ?? origin?.at ?? 0
  const asked =
    run.checkpointAt.length === 0 ? run.checkpointAt : run.checkpointAt.filter((at) => at > from && at <= until)
  const checkpointAt = lost.length === 0 ? asked : [...new Set([...asked, ...lost])].sort((a, b) => a - b)
  return {
    from,
    tokens: boundaryOf(spec, until) - from,
    assignment: {
      spec,
      until,
      evaluateAt: missing,
      checkpointAt,
      averages: run.averages,
      logEvery: run.logEvery ?? Math.max(1, Math.ceil(until / LOGS_PER_RUN)),
      ...(run.noiseScale === undefined ? {} : { noiseScale: run.noiseScale }),
      ...(resume === undefined ? {} : { resume }),
    },
  }
}
