/** What is known of the runs that differ in the learning rate alone, for whoever prunes. */
import { canonicalJson, type RunEvent } from "@ts/backend"
import { Effect } from "effect"
import type { Plan } from "../plan/plan.ts"
import { unmarkedName } from "../store/marks.ts"
import { Store } from "../store/Store.ts"
import { Study } from "../study/index.ts"
import type { StudyRun } from "../study/Study.ts"
import type { Lane } from "./lane.ts"
import type { Contender, PrunePolicy } from "./prune.ts"

interface Known extends Contender {
  readonly losses: Map<string, Map<number, number>>
}

export interface Cells {
  readonly note: (event: RunEvent) => void
  /** Why a run is not worth going on with. */
  readonly verdict: (lane: Lane) => string | undefined
}

/** Nobody is pruned. */
export const noCells: Cells = { note: () => undefined, verdict: () => undefined }

const cellOf = ({ spec }: StudyRun): string => {
  const { eta: _, origin, ...rest } = spec
  return canonicalJson({ ...rest, ...(origin === undefined ? {} : { branch: origin.at }) })
}

const put = ({ losses }: Known, average: string, horizon: number, loss: number): void => {
  const known = losses.get(average)
  if (known === undefined) losses.set(average, new Map([[horizon, loss]]))
  else known.set(horizon, loss)
}

/** Of all runs of the study, with what earlier sweeps read of them. */
export const makeCells = Effect.fnUntraced(function* (plan: Plan, policy: PrunePolicy) {
  const { runs } = yield* Study.expand(plan.study)
  const store = yield* Store
  const cells = new Map<string, Array<Known>>()
  const byRun = new Map<string, { readonly contender: Known; readonly cell: ReadonlyArray<Known> }>()
  for (const run of runs) {
    const key = cellOf(run)
    const cell = cells.get(key) ?? []
    const contender = { runId: run.runId, eta: run.spec.eta, end: Math.max(...run.horizons), losses: new Map() }
    cell.push(contender)
    cells.set(key, cell)
    byRun.set(run.runId, { contender, cell })
  }
  const numerics = new Set(plan.runs.map(({ numericsId }) => numericsId))
  for (const row of yield* store.rows(plan.study)) {
    const found = byRun.get(row.runId)
    if (found === undefined || row.status === "diverged" || !numerics.has(row.provenance.numericsId ?? "")) continue
    put(found.contender, unmarkedName(row.average), row.tokens, row.loss)
  }
  return {
    note: (event) => {
      if (event._tag !== "Evaluated") return
      const found = byRun.get(event.runId)
      if (found !== undefined) put(found.contender, event.average, event.requested, event.loss)
    },
    verdict: (lane) => {
      const awaited = lane.children.some(({ status, run }) => status === "waiting" && run.spec.origin!.at > lane.tokens)
      const found = byRun.get(lane.run.runId)
      return awaited || found === undefined ? undefined : policy(found.contender, found.cell)
    },
  } satisfies Cells
})
