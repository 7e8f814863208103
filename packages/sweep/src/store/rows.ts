/** From what is stored to the rows `@ts/fit` reads. */
import { averageName, parameterCount, type RunSpec } from "@ts/backend"
import type { Row } from "@ts/fit"
import { nextBatch } from "@ts/schedule"
import { boundaryOf, stepsTo } from "../plan/boundary.ts"
import { once } from "../study/identity.ts"
import { horizonsOf } from "../study/runs.ts"
import { markedName, marksOf } from "./marks.ts"

export interface StoredReading {
  readonly run_id: string
  readonly numerics_id: string
  readonly requested: number
  readonly average: string
  readonly tokens: number
  readonly step: number
  readonly loss: number
}

export interface StoredRun {
  readonly run_id: string
  readonly numerics_id: string
  readonly backend: string
  readonly synthetic: number
  readonly tokens: number
  readonly finished: number
  readonly diverged_at: number | null
  readonly diverged_reason: string | null
  readonly failure: string | null
}

/** A run and what was asked of it. */
export interface Asked {
  readonly runId: string
  readonly spec: RunSpec
  readonly horizons: ReadonlyArray<number>
  readonly probes?: ReadonlyArray<number>
  readonly averages: ReadonlyArray<number>
}

/** Finds what is stored of runs; a branch whose trunk diverged before it leaves is taken to have diverged there. */
export const storedOf = (
  asked: ReadonlyArray<Asked>,
  runs: ReadonlyArray<StoredRun>,
  readings: ReadonlyArray<StoredReading>,
) => {
  const specs = new Map(asked.map(({ runId, spec }) => [runId, spec]))
  const byRun = Map.groupBy(runs, ({ run_id }) => run_id)
  const taken = Map.groupBy(readings, ({ run_id }) => run_id)
  const runsOf = ({ runId, spec: { origin } }: Pick<Asked, "runId" | "spec">): ReadonlyArray<StoredRun> => {
    const own = byRun.get(runId) ?? []
    const parent = origin === undefined ? undefined : specs.get(origin.parent)
    if (origin === undefined || parent === undefined) return own
    const known = new Set(own.flatMap((run) => (run.failure === null ? [run.numerics_id] : [])))
    const fallen = runsOf({ runId: origin.parent, spec: parent })
      .filter((run) => run.diverged_at !== null && run.diverged_at <= origin.at && !known.has(run.numerics_id))
      .map((run) => ({ ...run, run_id: runId, diverged_at: origin.at }))
    const replaced = new Set(fallen.map((run) => run.numerics_id))
    return [...own.filter((run) => !replaced.has(run.numerics_id)), ...fallen]
  }
  return {
    parentOf: (runId: string): RunSpec | undefined => specs.get(runId),
    runsOf,
    /** A run has few readings: looking through them is quicker than a key for each. */
    readingOf: ({ run_id, numerics_id }: StoredRun, requested: number, average: string) =>
      taken
        .get(run_id)
        ?.find(
          (reading) =>
            reading.requested === requested && reading.average === average && reading.numerics_id === numerics_id,
        ),
  }
}

/** The batch in force where the reading is taken, tokens. */
const batchAt = ({ batch }: RunSpec, tokens: number): number =>
  batch.kind === "constant" ? batch.tokens : nextBatch(batch, Math.max(0, tokens - 1))

/**
 * One row per reading that was asked for and taken; a diverged run has one, with loss NaN, for each that it did not
 * reach. `tokens` is the horizon asked for, `steps` counts up to the step boundary at or after it, over the parents of a
 * branch too.
 *
 * Readings that are not of a constant batch from the start say so in `average` (`marksOf`), so that no fit mixes them with
 * those that are. Branches that hang on a trunk to be compared with it give no rows; see `recoveriesOf`.
 */
export const rowsOf = (
  asked: ReadonlyArray<Asked>,
  runs: ReadonlyArray<StoredRun>,
  readings: ReadonlyArray<StoredReading>,
): ReadonlyArray<Row> => {
  const { parentOf, runsOf, readingOf } = storedOf(asked, runs, readings)
  const sizeOf = once(parameterCount)
  const namesOf = once((averages: ReadonlyArray<number>) => ["none", ...averages.map(averageName)])
  const rows: Array<Row> = []
  for (const run of asked) {
    const stored = runsOf(run)
    const horizons = horizonsOf(run)
    if (stored.length === 0 || horizons.length === 0) continue
    const { runId, spec } = run
    const marks = marksOf(spec, parentOf)
    const warmupSteps = "warmup" in spec.schedule ? stepsTo(spec, spec.schedule.warmup, parentOf) : 0
    for (const one of stored) {
      for (const horizon of horizons) {
        for (const average of namesOf(run.averages)) {
          const reading = readingOf(one, horizon, average)
          const diverged =
            reading === undefined && one.diverged_at !== null && boundaryOf(spec, horizon) >= one.diverged_at
          if (reading === undefined && !diverged) continue
          rows.push({
            runId,
            seed: spec.seed,
            tokens: horizon,
            batch: batchAt(spec, horizon),
            eta: spec.eta,
            width: spec.model.d_model,
            average: markedName(marks, average),
            loss: reading?.loss ?? Number.NaN,
            status: diverged ? "diverged" : "finished",
            steps: reading?.step ?? stepsTo(spec, horizon, parentOf),
            warmupSteps,
            size: sizeOf(spec.model),
            provenance: {
              backend: one.backend,
              numericsId: one.numerics_id,
              ...(one.synthetic === 1 ? { synthetic: true } : {}),
            },
          })
        }
      }
    }
  }
  return rows
}
