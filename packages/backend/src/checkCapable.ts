/** What a backend's manifest rules out, and what a spec says of itself: all that can be refused from documents alone. */
import type { Assignment, Capabilities } from "./Backend.ts"
import { BackendError } from "./BackendError.ts"
import { checkAssignments, type Problem } from "./checkSpec.ts"
import { type RunSpec, runId } from "./RunSpec.ts"

/** The number at a path such as `model.d_model`; undefined where there is none. */
const numberAt = (spec: RunSpec, path: string): number | undefined => {
  const found = path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], spec)
  return typeof found === "number" ? found : undefined
}

const beyond = (spec: RunSpec, backend: string, maxima: Readonly<Record<string, number>>): Problem | undefined => {
  for (const [field, most] of Object.entries(maxima)) {
    const value = numberAt(spec, field)
    if (value !== undefined && value > most)
      return { field, message: `${field}: ${value} is more than the ${most} that ${backend} can do; use less` }
  }
  return undefined
}

/** The first thing that cannot be done, as an error; `unsupported`: what the manifest cannot say. */
export const checkCapable = (
  { backend, numerics, averages, noiseScale, branching, maxima }: Capabilities,
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
            : (beyond(spec, backend, maxima) ?? unsupported(spec))
    if (problem !== undefined)
      return new BackendError({ backend, reason: "Unsupported", retryable: false, ...problem, runId: runId(spec) })
  }
  return checkAssignments(backend, assignments)
}
