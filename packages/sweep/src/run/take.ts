/** Takes in what a backend tells: into the journal first, then into the lanes. */
import { type BackendError, RunEvent } from "@ts/backend"
import { Effect, Schema } from "effect"
import type { StoreError } from "../errors.ts"
import { boundaryOf } from "../plan/boundary.ts"
import { keysAt } from "../plan/remaining.ts"
import { noiseScaleKey, readingKey } from "../store/keys.ts"
import type { Asked } from "./assign.ts"
import { type BundleContext, fault, giveUp, note } from "./context.ts"
import { endStage } from "./lane.ts"
import { measured } from "./metrics.ts"

const isRunEvent = Schema.is(RunEvent)

/** The checkpoint a lane started from is of no use to it. */
export const reject = Effect.fnUntraced(function* (context: BundleContext, asked: Asked, message: string) {
  const { hash } = asked.assignment.resume!
  asked.rejected = true
  asked.lane.rejected.add(hash)
  yield* note(context, asked.lane, { _tag: "CheckpointRejected", runId: asked.lane.run.runId, hash, message })
})

/** It started at the very boundary of a reading, and read only what comes after. */
const skipped = ({ lane: { run }, assignment: { resume, evaluateAt }, unread }: Asked): boolean =>
  resume?.runId === run.runId &&
  evaluateAt.some(
    (horizon) => boundaryOf(run.spec, horizon) === resume.tokens && keysAt(run, horizon).some((key) => unread.has(key)),
  )

const rejectSkipping = (context: BundleContext, asked: Asked) =>
  reject(context, asked, "it lies at the boundary of a reading, which was not taken")

/** It says that it is done, and is not. */
const incomplete = (context: BundleContext, asked: Asked) => {
  const { runId } = asked.lane.run
  const missing = [...asked.unread].join(", ")
  return skipped(asked)
    ? rejectSkipping(context, asked)
    : giveUp(context, asked.lane, `run ${runId} finished without its readings (${missing})`)
}

/** It diverged before it took the reading where it started: taken for a result, that would answer the reading. */
const isPremature = (asked: Asked, event: RunEvent, told: ReadonlyArray<RunEvent>): boolean =>
  event._tag === "Diverged" &&
  event.tokens === asked.assignment.resume?.tokens &&
  skipped(asked) &&
  !told.some(({ _tag, runId }) => _tag === "Evaluated" && runId === event.runId)

type Afterwards = Effect.Effect<void, BackendError | StoreError>

/** What an event means for its lane; gives what is to be done once it is told. */
const apply = (context: BundleContext, asked: Asked, event: RunEvent): Afterwards | undefined => {
  const { lane, unread } = asked
  const { numericsId } = lane.run
  lane.queued = false
  lane.tokens = Math.max(lane.tokens, event.tokens)
  switch (event._tag) {
    case "Started":
      if (event.numericsId !== numericsId) {
        const message = `run ${event.runId} started under numerics ${event.numericsId}, not ${numericsId} as announced`
        return fault(context, message, false, event.runId)
      }
      break
    case "Evaluated":
      asked.heard = true
      unread.delete(readingKey(event.requested, event.average))
      break
    case "NoiseScaleMeasured":
      asked.heard = true
      unread.delete(noiseScaleKey(event.requested, event))
      break
    case "Diverged":
      lane.status = "diverged"
      break
    case "Failed":
      if (event.retryable) asked.failure = event.message
      else {
        lane.status = "failed"
        lane.message = event.message
      }
      break
    case "Finished":
      if (unread.size > 0) return incomplete(context, asked)
      if (lane.status === "running") endStage(lane)
      break
    default:
      asked.heard = true
  }
  return undefined
}

/** Gives the tokens trained since what was heard before. */
export const take = Effect.fnUntraced(function* (
  context: BundleContext,
  bundle: ReadonlyMap<string, Asked>,
  told: ReadonlyArray<RunEvent>,
) {
  for (const event of told) {
    if (!isRunEvent(event) || !bundle.has(event.runId)) {
      const message = `the backend sent what is no event of its runs: ${JSON.stringify(event)}`
      return yield* fault(context, message, false)
    }
  }
  const premature = told.filter((event) => isPremature(bundle.get(event.runId)!, event, told))
  const events = told.filter((event) => event._tag !== "Queued" && !premature.includes(event))
  const entries = yield* context.session.append(
    events.map((event) => ({
      event,
      numericsId: event._tag === "Started" ? event.numericsId : bundle.get(event.runId)!.lane.run.numericsId,
    })),
  )
  let trained = 0
  const afterwards: Array<Afterwards> = []
  for (const event of events) {
    const asked = bundle.get(event.runId)!
    if (event._tag !== "Started") trained += Math.max(0, event.tokens - (asked.at ?? event.tokens))
    asked.at = Math.max(asked.at ?? event.tokens, event.tokens)
    const next = apply(context, asked, event)
    if (next !== undefined) afterwards.push(next)
  }
  for (const { _tag, runId } of told) if (_tag === "Queued") bundle.get(runId)!.lane.queued = true
  context.heard(events)
  const read = events.filter(({ _tag }) => _tag === "Evaluated" || _tag === "NoiseScaleMeasured").length
  yield* Effect.andThen(measured.read(read), measured.trained(trained))
  yield* context.tell(entries)
  for (const next of afterwards) yield* next
  for (const { runId } of premature) yield* rejectSkipping(context, bundle.get(runId)!)
  return trained
})
