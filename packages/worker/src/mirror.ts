/**
 * A study's checkpoints in a folder that workers reach. Where the study keeps them in a folder anyway, that is it. Otherwise (in memory,
 * on another machine) those that a bundle may start from are put there before, and what it wrote is fetched after.
 */
import {
  type Assignment,
  type BackendError,
  type Capabilities,
  type CheckpointRef,
  type CheckpointStore,
  type RunEvent,
  runId,
  stepBoundary,
} from "@ts/backend"
import { Effect } from "effect"

export interface Mirror {
  /** Takes a checkpoint that a worker told of to the study's store; nothing where a later one has replaced it meanwhile. */
  readonly told: (event: RunEvent) => Effect.Effect<ReadonlyArray<RunEvent>, BackendError>
  /** Takes over what workers wrote without telling, as when they were stopped. */
  readonly settle: Effect.Effect<void, BackendError>
}

/** Checkpoints that the runs may start from, those of their parents among them. */
const sources = Effect.fnUntraced(function* (
  store: CheckpointStore["Service"],
  { numerics }: Capabilities,
  assignments: ReadonlyArray<Assignment>,
) {
  const found = new Map<string, CheckpointRef>()
  for (const { spec, resume } of assignments) {
    const numericsId = numerics[spec.precision]!
    for (const ref of yield* store.list(runId(spec), numericsId)) found.set(ref.hash, ref)
    if (resume !== undefined) found.set(resume.hash, resume)
    if (spec.origin === undefined) continue
    const { parent, at } = spec.origin
    for (const ref of yield* store.list(parent, numericsId)) if (ref.tokens === at) found.set(ref.hash, ref)
  }
  return [...found.values()]
})

/** `store`: the study's; `files`: the workers' folder, of their own. */
export const makeMirror = Effect.fnUntraced(function* (
  store: CheckpointStore["Service"],
  files: CheckpointStore["Service"],
  capabilities: Capabilities,
  assignments: ReadonlyArray<Assignment>,
): Effect.fn.Return<Mirror, BackendError> {
  if (!capabilities.checkpoints) return { told: (event) => Effect.succeed([event]), settle: Effect.void }
  const known = new Set<string>()
  for (const ref of yield* sources(store, capabilities, assignments)) {
    // One that cannot be read is none to start from; the worker says so where it has to.
    const copied = yield* Effect.option(Effect.flatMap(store.get(ref), (found) => files.put(found, { rolling: false })))
    if (copied._tag === "Some") known.add(copied.value.hash)
  }
  const keptAt = new Set(
    assignments.flatMap(({ spec, checkpointAt }) =>
      checkpointAt.map((at) => `${runId(spec)} ${stepBoundary(spec, at)}`),
    ),
  )
  const fetch = Effect.fnUntraced(function* (ref: CheckpointRef) {
    const found = yield* files.get(ref)
    known.add(ref.hash)
    return yield* store.put(found, { rolling: !keptAt.has(`${ref.runId} ${ref.tokens}`) })
  })
  return {
    told: Effect.fnUntraced(function* (event: RunEvent) {
      if (event._tag !== "Checkpointed") return [event]
      const { hash, tokens } = event.checkpoint
      const there = (yield* files.list(event.runId, event.checkpoint.numericsId)).some((ref) => ref.hash === hash)
      return there ? [{ ...event, tokens, checkpoint: yield* fetch(event.checkpoint) }] : []
    }),
    settle: Effect.gen(function* () {
      for (const { spec } of assignments) {
        for (const ref of yield* files.list(runId(spec), capabilities.numerics[spec.precision]!))
          if (!known.has(ref.hash)) yield* fetch(ref)
      }
    }),
  }
})
