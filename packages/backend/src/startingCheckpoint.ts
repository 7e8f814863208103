/**
 * Where a run starts: from the checkpoint it is given; else from the furthest one of its own that does not lie past
 * the first reading asked for and holds the averages asked for; else, a branch from its parent's checkpoint and any other
 * run from its initial weights.
 */
import { roundToStep } from "@ts/schedule"
import { Effect } from "effect"
import type { Assignment } from "./Backend.ts"
import { BackendError } from "./BackendError.ts"
import { type CheckpointRef, CheckpointStore } from "./Checkpoint.ts"
import { type RunSpec, runId } from "./RunSpec.ts"

/** The first step boundary of a run at or after `tokens`. A branch steps from its origin. */
export const stepBoundary = ({ batch, origin }: Pick<RunSpec, "batch" | "origin">, tokens: number): number =>
  // A plan asks this a million times; constant batches need no walk.
  batch.kind === "constant"
    ? (origin?.at ?? 0) + Math.ceil(Math.max(0, tokens - (origin?.at ?? 0)) / batch.tokens) * batch.tokens
    : roundToStep(batch, tokens, origin?.at)

const holds = (ref: CheckpointRef, { averages }: Assignment) => averages.every((decay) => ref.averages.includes(decay))

const firstReading = ({ spec, until, evaluateAt, checkpointAt }: Assignment) =>
  stepBoundary(spec, Math.min(until, ...evaluateAt, ...checkpointAt))

/** Why a run cannot go on from the checkpoint it is given. */
const misfit = (ref: CheckpointRef, assignment: Assignment, numericsId: string): string | undefined => {
  const id = runId(assignment.spec)
  const { origin } = assignment.spec
  if (ref.runId !== id && !(ref.runId === origin?.parent && ref.tokens === origin.at)) {
    return `the checkpoint is of run ${ref.runId}, not ${id}; leave \`resume\` out`
  }
  if (ref.numericsId !== numericsId && assignment.acceptOtherNumerics !== true) {
    return `the checkpoint was made by ${ref.numericsId}, this device is ${numericsId}, and their numbers differ; set acceptOtherNumerics to go on all the same`
  }
  const first = firstReading(assignment)
  if (ref.tokens > first) {
    return `the checkpoint lies at ${ref.tokens} tokens, past the first reading asked for at ${first}; leave \`resume\` out`
  }
  if (!holds(ref, assignment)) {
    return `the checkpoint lacks the averages ${assignment.averages.join(", ")}; leave \`resume\` out to start anew`
  }
  return undefined
}

/** The checkpoint to start from; undefined: the initial weights. Fails where the one given does not fit, or a branch has none. */
export const startingCheckpoint = Effect.fnUntraced(function* (
  backend: string,
  assignment: Assignment,
  numericsId: string,
): Effect.fn.Return<CheckpointRef | undefined, BackendError, CheckpointStore> {
  const { spec, resume } = assignment
  const id = runId(spec)
  const refuse = (field: string, message: string) =>
    new BackendError({
      backend,
      reason: "Checkpoint",
      message: `${field}: ${message}`,
      retryable: false,
      runId: id,
      field,
    })
  if (resume !== undefined) {
    const problem = misfit(resume, assignment, numericsId)
    return problem === undefined ? resume : yield* refuse("resume", problem)
  }
  const store = yield* CheckpointStore
  const latest = firstReading(assignment)
  const own = (yield* store.list(id, numericsId)).findLast((ref) => ref.tokens <= latest && holds(ref, assignment))
  if (own !== undefined || spec.origin === undefined) return own
  const { parent, at } = spec.origin
  const roots = yield* store.list(parent, numericsId)
  const root = roots.find((ref) => ref.tokens === at && holds(ref, assignment))
  if (root !== undefined) return root
  const found = roots.map((ref) => ref.tokens).join(", ") || "none"
  return yield* refuse(
    "origin",
    `run ${parent} has no checkpoint at ${at} tokens with the averages asked for (there are: ${found}); train it with checkpointAt: [${at}] first`,
  )
})
