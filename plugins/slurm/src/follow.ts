/** A bundle on its way: what was ordered before is gone on with, what is missing is ordered, each event told once. */
import {
  type Assignment,
  type BackendError,
  type Capabilities,
  CheckpointStore,
  flopsPerToken,
  type RunEvent,
  runId,
  stepBoundary,
} from "@ts/backend"
import { type Mirror, makeMirror, makeSieve, type Needs, orderRuns, PROTOCOL, type Publishing } from "@ts/worker"
import { Effect, type Scope, Stream } from "effect"
import type { Attendance, Sighting } from "./attend.ts"
import { covers } from "./covers.ts"
import { slurmError } from "./errors.ts"
import type { Ledger, Order } from "./ledger.ts"
import type { Submitter } from "./submit.ts"

export interface Cluster {
  readonly capabilities: Capabilities
  readonly needs: Needs
  readonly publishing: Publishing
  readonly ledger: Ledger
  readonly submitter: Submitter
  readonly attendance: Attendance
  /** Folder of the study's checkpoints on the cluster. */
  readonly checkpoints: string
  /** A folder for the checkpoints of one order, where the study keeps its own elsewhere. */
  readonly mirrorFolder: () => string
  readonly remove: (folder: string) => Effect.Effect<void, BackendError>
  /** Checkpoints in any folder there. */
  readonly storeAt: (folder: string) => Effect.Effect<CheckpointStore["Service"]>
  /** Nodes do not compute as one of them said when it was asked. */
  readonly outdated: Effect.Effect<void>
  /** Takes an order back; waits until its worker has stopped, within reason. */
  readonly abandon: (order: Order) => Effect.Effect<void>
  /** What becomes of jobs whose results nobody waits for any more. */
  readonly onInterrupt: "cancel" | "leave"
}

type Bundle = readonly [Assignment, ...Array<Assignment>]

/** What training takes on one node, about; undefined where nobody knows. */
const secondsOf = (bundle: Bundle, { flopsPerSecond, synthetic }: Capabilities): number | undefined => {
  // Where losses are computed, a run takes no time worth speaking of.
  if (flopsPerSecond === undefined) return synthetic ? 1 : undefined
  const flops = bundle.map(({ spec, until, resume }) => {
    const from = resume?.runId === runId(spec) ? resume.tokens : (spec.origin?.at ?? 0)
    return flopsPerToken(spec.model) * Math.max(0, stepBoundary(spec, until) - from)
  })
  return flops.reduce((sum, each) => sum + each, 0) / flopsPerSecond
}

/** Checkpoints of an order that does not write to the study's own folder are fetched. */
const mirrorOf = Effect.fnUntraced(function* (
  { capabilities, storeAt }: Cluster,
  checkpoints: string,
  bundle: ReadonlyArray<Assignment>,
) {
  const store = yield* CheckpointStore
  const direct: Mirror = { told: (event) => Effect.succeed([event]), settle: Effect.void }
  if (store.folder === checkpoints) return direct
  return yield* makeMirror(store, yield* storeAt(checkpoints), capabilities, bundle)
})

const newOrder = Effect.fnUntraced(function* (cluster: Cluster, bundle: Bundle) {
  const { capabilities, needs, publishing, submitter } = cluster
  const runs = yield* orderRuns(bundle, needs, publishing)
  const { folder } = yield* CheckpointStore
  const checkpoints = folder === cluster.checkpoints ? folder : cluster.mirrorFolder()
  // What the runs start from is there before their job may start.
  yield* mirrorOf(cluster, checkpoints, bundle)
  const documentIn = (journals: string) => ({
    protocol: PROTOCOL,
    do: "train" as const,
    runs,
    checkpoints,
    numerics: capabilities.numerics,
    journals,
  })
  const unwanted = (order: Order) =>
    cluster.onInterrupt === "leave"
      ? Effect.void
      : Effect.ignore(Effect.andThen(cluster.abandon(order), cluster.ledger.end(order)))
  return yield* submitter.submit(
    documentIn as Parameters<Submitter["submit"]>[0],
    secondsOf(bundle, capabilities),
    unwanted,
  )
})

interface Followed {
  readonly events: Stream.Stream<RunEvent, BackendError>
  /** Once all of them have been taken. */
  readonly collect: Effect.Effect<void, BackendError>
}

/** The events of one order that are about these runs. */
const eventsOf = Effect.fnUntraced(function* (
  cluster: Cluster,
  order: Order,
  bundle: ReadonlyArray<Assignment>,
): Effect.fn.Return<Followed, BackendError, CheckpointStore | Scope.Scope> {
  const ids = bundle.map(({ spec }) => runId(spec))
  const checkpoints = order.document.do === "train" ? order.document.checkpoints : cluster.checkpoints
  const mirror = yield* mirrorOf(cluster, checkpoints, bundle)
  /** Of runs that are asked for more than the order was, its end is not theirs. */
  const goesOn = new Set(
    bundle.flatMap((assignment) => {
      const id = runId(assignment.spec)
      return covers(order.assignments.get(id)!, assignment) ? [] : [id]
    }),
  )
  const positions = new Map(bundle.map(({ spec, resume }) => [runId(spec), resume?.tokens ?? 0]))
  const eventsIn = (seen: Sighting): Effect.Effect<ReadonlyArray<RunEvent>, BackendError> => {
    if (seen._tag === "Waits")
      return Effect.succeed(
        ids.map((id) => ({ _tag: "Queued", runId: id, tokens: positions.get(id)!, place: seen.place })),
      )
    if (seen.message._tag !== "Event" || !ids.includes(seen.message.event.runId)) return Effect.succeed([])
    const { event } = seen.message
    if (event._tag === "Finished" && goesOn.has(event.runId)) return Effect.succeed([])
    positions.set(event.runId, Math.max(positions.get(event.runId)!, event.tokens))
    return mirror.told(event)
  }
  let collected = false
  let failed = false
  const collect = Effect.gen(function* () {
    collected = true
    const over = yield* cluster.ledger.collect(order, ids)
    if (over && checkpoints !== cluster.checkpoints) yield* cluster.remove(checkpoints)
  })
  // Whatever else ends the stream (an interruption, a store that is full) says nothing about the order.
  yield* Effect.addFinalizer(() =>
    Effect.gen(function* () {
      if (collected || (!failed && cluster.onInterrupt === "leave")) return
      if (!failed) yield* cluster.abandon(order)
      yield* mirror.settle
      yield* cluster.ledger.end(order)
    }).pipe(Effect.ignore),
  )
  const events = cluster.attendance.attend(order).pipe(
    Stream.tapError(({ field }) => {
      failed = true
      return field === "numerics" ? cluster.outdated : Effect.void
    }),
    Stream.mapEffect(eventsIn),
    Stream.flatMap(Stream.fromIterable),
  )
  return { events, collect }
})

export const follow = (cluster: Cluster, bundle: Bundle): Stream.Stream<RunEvent, BackendError, CheckpointStore> => {
  const sieve = makeSieve(bundle)
  /** Orders of the runs that are left: those under way, and one for the rest. */
  const round = (times: number): Stream.Stream<RunEvent, BackendError, CheckpointStore> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const left = sieve.left()
        if (left.length === 0) return Stream.empty
        if (times > 2)
          return Stream.fail(
            slurmError("Device", `run ${runId(left[0]!.spec)} is not done after its order was`, { retryable: true }),
          )
        const known = Map.groupBy(left, ({ spec }) => cluster.ledger.of(runId(spec)))
        const missing = known.get(undefined) ?? []
        known.delete(undefined)
        const [first, ...more] = missing
        if (first !== undefined) known.set(yield* newOrder(cluster, [first, ...more]), missing)
        const followed = yield* Effect.forEach(known, ([order, assignments]) => eventsOf(cluster, order!, assignments))
        return Stream.mergeAll(
          followed.map(({ events }) => events),
          { concurrency: "unbounded" },
        ).pipe(
          Stream.filter(sieve.isNews),
          // What is merged is read ahead; whoever asks for more after its end has taken all of it.
          Stream.concat(Stream.fromEffectDrain(Effect.forEach(followed, ({ collect }) => collect, { discard: true }))),
          Stream.concat(Stream.suspend(() => round(times + 1))),
        )
      }),
    )
  return round(0)
}
