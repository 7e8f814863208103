/** What is known of the runs of a study, those included that can never start. */
import type { RunState } from "../store/Store.ts"
import type { StudyRun } from "../study/Study.ts"

type States = ReadonlyMap<string, ReadonlyMap<string, RunState>>

/** As if no run had been pruned. */
export const unpruned = (states: States): States =>
  new Map(
    [...states].map(([runId, byNumerics]) => [
      runId,
      new Map([...byNumerics].map(([numericsId, { pruned: _, ...state }]) => [numericsId, state])),
    ]),
  )

/**
 * The state of each run under the numerics it would be trained by. A branch whose trunk diverged, or was pruned, before
 * it leaves is answered by that: it shares its trunk's fate where it starts.
 */
export const standings = (
  runs: ReadonlyArray<StudyRun>,
  states: States,
  numericsOf: (run: StudyRun) => string,
): ((run: StudyRun) => RunState | undefined) => {
  const byId = new Map(runs.flatMap((run) => (run.spec.origin === undefined ? [] : [[run.runId, run] as const])))
  const parents = new Set([...byId.values()].map(({ spec }) => spec.origin!.parent))
  const trunks = new Map(runs.flatMap((run) => (parents.has(run.runId) ? [[run.runId, run] as const] : [])))
  const stateOf = (run: StudyRun): RunState | undefined => {
    const own = states.get(run.runId)?.get(numericsOf(run))
    const { origin } = run.spec
    const trunk = origin === undefined ? undefined : trunks.get(origin.parent)
    if (origin === undefined || trunk === undefined || (own !== undefined && own.readings.size > 0)) return own
    const above = stateOf(trunk)
    const diverged = above?.diverged !== undefined && above.diverged.tokens <= origin.at ? above.diverged : undefined
    const pruned = above?.pruned !== undefined && above.pruned.tokens < origin.at ? above.pruned : undefined
    if (diverged === undefined && pruned === undefined) return own
    const reason = (said: { readonly reason: string }) => `its trunk ${trunk.runId}: ${said.reason}`
    return {
      runId: run.runId,
      numericsId: numericsOf(run),
      readings: new Set(),
      tokens: 0,
      finished: false,
      ...(diverged === undefined ? {} : { diverged: { tokens: origin.at, reason: reason(diverged) } }),
      ...(pruned === undefined ? {} : { pruned: { tokens: origin.at, reason: reason(pruned) } }),
    }
  }
  return stateOf
}
