/** Where runs can start: the checkpoints that are there. */
import { Backend, type CheckpointRef, CheckpointStore } from "@ts/backend"
import { Effect, Option } from "effect"
import { Store } from "../store/Store.ts"
import type { StudyRun } from "../study/Study.ts"
import type { Start } from "./remaining.ts"

/** Checkpoints that can be resumed from: from the checkpoint store where one is at hand, else as journalled. */
export const checkpointsOf = Effect.fnUntraced(function* (runId: string, numericsId: string) {
  const { capabilities } = yield* Backend
  if (!capabilities.checkpoints) return [] as ReadonlyArray<CheckpointRef>
  const kept = yield* Effect.serviceOption(CheckpointStore)
  const store = yield* Store
  return Option.isSome(kept) ? yield* kept.value.list(runId, numericsId) : yield* store.checkpoints(runId, numericsId)
})

export const startOf = Effect.fnUntraced(function* (run: StudyRun, numericsId: string, known: boolean) {
  const origin = run.spec.origin
  return {
    own: known ? yield* checkpointsOf(run.runId, numericsId) : [],
    parent: origin === undefined ? [] : yield* checkpointsOf(origin.parent, numericsId),
  } satisfies Start
})
