/** Branches with other batches as `localRecovery` of `@ts/fit` takes them: with their trunk, by checkpoint. */
import { canonicalJson, type RunSpec } from "@ts/backend"
import type { RecoveryBranch } from "@ts/fit"
import { nextBatch } from "@ts/schedule"
import { boundaryOf } from "../plan/boundary.ts"
import { type Asked, type StoredReading, type StoredRun, storedOf } from "./rows.ts"

/** A branch, or the trunk it left (factor 1). */
export interface Recovering extends RecoveryBranch {
  readonly runId: string
  readonly seed: number
  /** Learning rate. */
  readonly eta: number
}

/** All that went on from one checkpoint of a trunk; seeds are repeats. */
export interface Recovery {
  readonly width: number
  /** Of the trunk. */
  readonly eta: number
  /** Of the trunk at the checkpoint, tokens: `batch` of `localRecovery`. */
  readonly batch: number
  /** Of the checkpoint, tokens. */
  readonly at: number
  /** How long the shortest branch trains, tokens: `within` of `localRecovery`. */
  readonly within: number
  readonly numericsId: string
  /** Ascending in the factor. */
  readonly branches: ReadonlyArray<Recovering>
}

interface Group {
  readonly trunk: Asked
  readonly at: number
  readonly branches: Array<Asked>
}

/**
 * Of every checkpoint that branches with other batches left and that has readings: those of the branches, and of the trunk at
 * the same positions. Losses that a diverged run did not reach are NaN.
 */
export const recoveriesOf = (
  asked: ReadonlyArray<Asked>,
  runs: ReadonlyArray<StoredRun>,
  readings: ReadonlyArray<StoredReading>,
): ReadonlyArray<Recovery> => {
  const { runsOf, readingOf } = storedOf(asked, runs, readings)
  const byId = new Map(asked.map((run) => [run.runId, run]))
  const groups = new Map<string, Group>()
  for (const run of asked) {
    const { origin, batch } = run.spec
    const trunk = origin === undefined ? undefined : byId.get(origin.parent)
    if (origin === undefined || trunk === undefined || run.probes === undefined || batch.kind !== "constant") continue
    const key = `${trunk.runId} ${origin.at}`
    const group = groups.get(key) ?? { trunk, at: origin.at, branches: [] }
    group.branches.push(run)
    groups.set(key, group)
  }

  const readFrom = (run: Asked, at: number, positions: ReadonlyArray<number>, numericsId: string) => {
    const stored = runsOf(run).find((one) => one.numerics_id === numericsId)
    if (stored === undefined) return []
    const found = new Map<number, number>()
    for (const position of positions) {
      const boundary = boundaryOf(run.spec, position)
      const loss = readingOf(stored, position, "none")?.loss
      const lost = stored.diverged_at !== null && boundary >= stored.diverged_at
      if (loss !== undefined || lost) found.set(boundary - at, loss ?? Number.NaN)
    }
    return [...found].sort(([a], [b]) => a - b).map(([tokens, loss]) => ({ tokens, loss }))
  }

  const recoveries = new Map<string, Recovery>()
  for (const { trunk, at, branches } of groups.values()) {
    const { spec } = trunk
    const batch = nextBatch(spec.batch, at)
    const positions = [...new Set(branches.flatMap(({ horizons }) => horizons))]
    const within = Math.min(...branches.map(({ horizons }) => Math.max(...horizons) - at))
    const on = (run: Asked) => ({ runId: run.runId, seed: run.spec.seed, eta: run.spec.eta })
    for (const { numerics_id: numericsId } of runsOf(trunk)) {
      const found: ReadonlyArray<Recovering> = [
        { ...on(trunk), factor: 1, readings: readFrom(trunk, at, positions, numericsId) },
        ...branches.map((run) => ({
          ...on(run),
          factor: nextBatch(run.spec.batch, at) / batch,
          readings: readFrom(run, at, run.horizons, numericsId),
        })),
      ].filter((branch) => branch.readings.length > 0)
      if (found.length === 0) continue
      const key = `${seedless(spec)} ${at} ${numericsId}`
      const known = recoveries.get(key)
      recoveries.set(key, {
        width: spec.model.d_model,
        eta: spec.eta,
        batch,
        at,
        within: Math.min(within, known?.within ?? within),
        numericsId,
        branches: [...(known?.branches ?? []), ...found].sort((a, b) => a.factor - b.factor || a.seed - b.seed),
      })
    }
  }
  return [...recoveries.values()]
}

const seedless = ({ seed: _, ...spec }: RunSpec): string => canonicalJson(spec)
