/** The checkpoint a run starts from, opened and held against the program that shall go on from it. */
import {
  type Assignment,
  type BackendError,
  type Checkpoint,
  type CheckpointRef,
  CheckpointStore,
  startingCheckpoint,
} from "@ts/backend"
import { Effect } from "effect"
import { type Blame, failure } from "./errors.ts"
import type { Shape } from "./run.ts"

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
  const ref = yield* startingCheckpoint(blame.backend, assignment, numericsId)
  if (ref === undefined) return undefined
  const checkpoint = yield* CheckpointStore.use((store) => store.get(ref))
  const problem = misfit(checkpoint, shape)
  if (problem === undefined) return { ref, checkpoint }
  const message = `the checkpoint of run ${ref.runId} at ${ref.tokens} tokens does not fit this run's model, optimiser and averages: ${problem}; branch from a run that shares them`
  return yield* failure(blame, "Checkpoint", message, { field: assignment.resume === undefined ? "origin" : "resume" })
})
