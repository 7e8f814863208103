/**
 * Where a run starts: from the checkpoint it is given; else from the furthest one of its own that does not lie past
 * the first reading asked for and holds the averages asked for; else, a branch from its parent's checkpoint and any other
 * run from its initial weights.
 */
import {
  type Assignment,
  type BackendError,
  type Checkpoint,
  type CheckpointRef,
  CheckpointStore,
  runId,
} from "@ts/backend"
import { Effect } from "effect"
import { type Blame, failure } from "./errors.ts"
import { boundary } from "./run.ts"

const holds = (ref: CheckpointRef, { averages }: Assignment) => averages.every((decay) => ref.averages.includes(decay))

const given = (ref: CheckpointRef, assignment: Assignment, numericsId: string, blame: Blame) => {
  const id = runId(assignment.spec)
  const origin = assignment.spec.origin
  const refuse = (message: string) => failure(blame, "Checkpoint", `resume: ${message}`, { field: "resume" })
  if (ref.runId !== id && !(ref.runId === origin?.parent && ref.tokens === origin.at)) {
    return refuse(`the checkpoint is of run ${ref.runId}, not ${id}; leave \`resume\` out`)
  }
  if (ref.numericsId !== numericsId && assignment.acceptOtherNumerics !== true) {
    return refuse(
      `the checkpoint was made by ${ref.numericsId}, this device is ${numericsId}, and their numbers differ; set acceptOtherNumerics to go on all the same`,
    )
  }
  if (!holds(ref, assignment)) {
    return refuse(
      `the checkpoint lacks the averages ${assignment.averages.join(", ")}; leave \`resume\` out to start anew`,
    )
  }
  return undefined
}

export const startingPoint = Effect.fnUntraced(function* (
  assignment: Assignment,
  numericsId: string,
  blame: Blame,
): Effect.fn.Return<
  { readonly ref: CheckpointRef; readonly checkpoint: Checkpoint } | undefined,
  BackendError,
  CheckpointStore
> {
  const store = yield* CheckpointStore
  const { spec, resume } = assignment
  const open = (ref: CheckpointRef) => Effect.map(store.get(ref), (checkpoint) => ({ ref, checkpoint }))
  if (resume !== undefined) {
    const refusal = given(resume, assignment, numericsId, blame)
    return refusal === undefined ? yield* open(resume) : yield* refusal
  }
  const first = Math.min(assignment.until, ...assignment.evaluateAt, ...assignment.checkpointAt)
  const latest = boundary(spec, first)
  const own = (yield* store.list(runId(spec), numericsId)).findLast(
    (ref) => ref.tokens <= latest && holds(ref, assignment),
  )
  if (own !== undefined) return yield* open(own)
  if (spec.origin === undefined) return undefined
  const { parent, at } = spec.origin
  const roots = yield* store.list(parent, numericsId)
  const root = roots.find((ref) => ref.tokens === at && holds(ref, assignment))
  if (root === undefined) {
    const found = roots.map((ref) => ref.tokens).join(", ") || "none"
    return yield* failure(
      blame,
      "Checkpoint",
      `origin: run ${parent} has no checkpoint at ${at} tokens with the averages asked for (there are: ${found}); train it with checkpointAt: [${at}] first`,
      { field: "origin" },
    )
  }
  return yield* open(root)
})
