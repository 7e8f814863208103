/** The order of a plan: runs behind their parents, longest first. */
import type { RunSpec } from "@ts/backend"

interface Run {
  readonly runId: string
  readonly spec: Pick<RunSpec, "origin">
}

/** How many parents a run has above it among these. */
export const depths = (runs: ReadonlyArray<Run>): ReadonlyMap<string, number> => {
  const branches = runs.filter(({ spec }) => spec.origin !== undefined)
  const known = new Map<string, number>()
  if (branches.length === 0) return known
  const parents = new Map(branches.map(({ runId, spec }) => [runId, spec.origin!.parent]))
  const present = new Set(runs.map(({ runId }) => runId))
  const depth = (runId: string): number => {
    const found = known.get(runId)
    if (found !== undefined) return found
    const parent = parents.get(runId)
    const value = parent === undefined || !present.has(parent) ? 0 : 1 + depth(parent)
    known.set(runId, value)
    return value
  }
  for (const { runId } of branches) depth(runId)
  return known
}

/** Longest first, each branch behind its parent. */
export const inOrder = <R extends Run & { readonly flops: number }>(runs: ReadonlyArray<R>): ReadonlyArray<R> => {
  const depth = depths(runs)
  if (depth.size === 0) return runs.toSorted((a, b) => b.flops - a.flops)
  const of = ({ runId }: R) => depth.get(runId) ?? 0
  return runs.toSorted((a, b) => of(a) - of(b) || b.flops - a.flops)
}
