/** What a backend's manifest rules out, and what a spec says of itself: all that can be refused from documents alone. */
import type { Assignment, Capabilities } from "./Backend.ts"
import { BackendError } from "./BackendError.ts"
import { checkAssignments, type Problem } from "./checkSpec.ts"
import { type RunSpec, runId } from "./RunSpec.ts"

/** The first thing that cannot be done, as an error; `unsupported`: what the manifest cannot say. */
export const checkCapable = (
  { backend, numerics, averages, noiseScale, branching }: Capabilities,
  assignments: ReadonlyArray<Assignment>,
  unsupported: (spec: RunSpec) => Problem | undefined = () => undefined,
): BackendError | undefined => {
  const offered = Object.keys(numerics)
  for (const assignment of assignments) {
    const { spec } = assignment
    const problem: Problem | undefined = !offered.includes(spec.precision)
      ? {
          field: "precision",
          message: `precision: ${spec.precision} is not offered by ${backend}; use ${offered.join(" or ")}`,
        }
      : spec.origin !== undefined && !branching
        ? { field: "origin", message: `origin: ${backend} cannot branch from another run; leave branches out` }
        : assignment.averages.length > 0 && !averages
          ? { field: "averages", message: `averages: ${backend} reads no weight averages; leave them out` }
          : assignment.noiseScale !== undefined && !noiseScale
            ? { field: "noiseScale", message: `noiseScale: ${backend} measures no gradients; leave it out` }
            : unsupported(spec)
    if (problem !== undefined)
      return new BackendError({ backend, reason: "Unsupported", retryable: false, ...problem, runId: runId(spec) })
  }
  return checkAssignments(backend, assignments)
}
