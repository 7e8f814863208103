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
import { boundary, type Shape } from "./run.ts"

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
  const first = boundary(assignment.spec, firstReading(assignment))
  if (ref.tokens > first) {
    return refuse(
      `the checkpoint lies at ${ref.tokens} tokens, past the first reading asked for at ${first}; leave \`resume\` out`,
    )
  }
  if (!holds(ref, assignment)) {
    return refuse(
      `the checkpoint lacks the averages ${assignment.averages.join(", ")}; leave \`resume\` out to start anew`,
    )
  }
  return undefined
}

const firstReading = ({ until, evaluateAt, checkpointAt }: Assignment) =>
  Math.min(until, ...evaluateAt, ...checkpointAt)

/** Why a checkpoint cannot be continued by a program, as a branch of another model or optimiser cannot. */
const misfit = (checkpoint: Checkpoint, { training }: Shape): string | undefined => {
  for (const { name, shape, storage } of training.buffers) {
    if ((storage !== "parameter" && storage !== "state") || name === training.norm) continue
    const found = checkpoint.tensors.get(name)
    if (found === undefined) return `it lacks the tensor ${name}`
    if (found.shape.join() !== shape.join()) return `its tensor ${name} is [${found.shape}], not [${shape}]`
  }
  return undefined
}

export const startingPoint = Effect.fnUntraced(function* (
  assignment: Assignment,
  shape: Shape,
  numericsId: string,
  blame: Blame,
): Effect.fn.Return<
  { readonly ref: CheckpointRef; readonly checkpoint: Checkpoint } | undefined,
  BackendError,
  CheckpointStore
> {
  const store = yield* CheckpointStore
  const { spec, resume } = assignment
  const open = Effect.fnUntraced(function* (ref: CheckpointRef) {
    const checkpoint = yield* store.get(ref)
    const problem = misfit(checkpoint, shape)
    if (problem === undefined) return { ref, checkpoint }
    const message = `the checkpoint of run ${ref.runId} at ${ref.tokens} tokens does not fit this run's model, optimiser and averages: ${problem}; branch from a run that shares them`
    return yield* failure(blame, "Checkpoint", message, { field: resume === undefined ? "origin" : "resume" })
  })
  if (resume !== undefined) {
    const refusal = given(resume, assignment, numericsId, blame)
    return refusal === undefined ? yield* open(resume) : yield* refusal
  }
  const latest = boundary(spec, firstReading(assignment))
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
