/** From what is stored to the rows `@ts/fit` reads. */
import { averageName, parameterCount, type RunSpec } from "@ts/backend"
import type { Row } from "@ts/fit"
import { nextBatch, stepsUntil } from "@ts/schedule"
import { boundaryOf } from "../plan/boundary.ts"

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
  readonly averages: ReadonlyArray<number>
}

/** The batch in force where the reading is taken, tokens. */
const batchAt = ({ batch }: RunSpec, tokens: number): number =>
  batch.kind === "constant" ? batch.tokens : nextBatch(batch, Math.max(0, tokens - 1))

/**
 * One row per reading that was asked for and taken; a diverged run has one, with loss NaN, for each that it did not
 * reach. `tokens` is the horizon asked for, `steps` counts up to the step boundary at or after it.
 */
export const rowsOf = (
  asked: ReadonlyArray<Asked>,
  runs: ReadonlyArray<StoredRun>,
  readings: ReadonlyArray<StoredReading>,
): ReadonlyArray<Row> => {
  const byRun = new Map<string, Array<StoredRun>>()
  for (const run of runs) byRun.set(run.run_id, [...(byRun.get(run.run_id) ?? []), run])
  const keyOf = (r: { run_id: string; numerics_id: string }, requested: number, average: string) =>
    `${r.run_id} ${r.numerics_id} ${requested} ${average}`
  const taken = new Map(readings.map((r) => [keyOf(r, r.requested, r.average), r]))

  return asked.flatMap(({ runId, spec, horizons, averages }) => {
    const warmup = "warmup" in spec.schedule ? spec.schedule.warmup : 0
    const warmupSteps = stepsUntil(spec.batch, warmup)
    const size = parameterCount(spec.model)
    const names = ["none", ...averages.map(averageName)]
    return (byRun.get(runId) ?? []).flatMap((run) =>
      horizons.flatMap((horizon) =>
        names.flatMap((average): ReadonlyArray<Row> => {
          const reading = taken.get(keyOf(run, horizon, average))
          const diverged =
            reading === undefined && run.diverged_at !== null && boundaryOf(spec, horizon) >= run.diverged_at
          if (reading === undefined && !diverged) return []
          return [
            {
              runId,
              seed: spec.seed,
              tokens: horizon,
              batch: batchAt(spec, horizon),
              eta: spec.eta,
              width: spec.model.d_model,
              average,
              loss: reading?.loss ?? Number.NaN,
              status: diverged ? "diverged" : "finished",
              steps: reading?.step ?? stepsUntil(spec.batch, horizon),
              warmupSteps,
              size,
              provenance: {
                backend: run.backend,
                numericsId: run.numerics_id,
                ...(run.synthetic === 1 ? { synthetic: true } : {}),
              },
            },
          ]
        }),
      ),
    )
  })
}
