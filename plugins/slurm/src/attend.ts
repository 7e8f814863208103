/**
 * Follows orders on their way through the queue and their jobs: one look at the queue and one at the journals, every so often, for all of them
 * together. A scheduler that does not answer, or a login node that cannot be reached, is asked again at the next look; jobs go on meanwhile.
 */
import type { BackendError } from "@ts/backend"
import { errorOf, type Listener, type Message, makeListener } from "@ts/worker"
import { Cause, Clock, Effect, Queue, type Scope, Stream } from "effect"
import type { Client, QueuedTask } from "./client.ts"
import { hopeless } from "./clientErrors.ts"
import { slurmError } from "./errors.ts"
import type { Host } from "./host.ts"
import { DONE, type Order, STOP, type Submission, taskId } from "./ledger.ts"
import { lost } from "./lost.ts"
import type { Site } from "./options.ts"

/** What an order does, as far as it can be seen. */
export type Sighting =
  | { readonly _tag: "Said"; readonly message: Message }
  /** Its job waits, or another order of the same job is at work. */
  | { readonly _tag: "Waits"; readonly place: string }

export interface Attendance {
  /** Ends once the order is done; fails with what the worker says is wrong, and when the order is lost. */
  readonly attend: (order: Order) => Stream.Stream<Sighting, BackendError>
}

interface Attempt {
  offset: number
  readonly listener: Listener
  /** Why its output is no worker's from some line on. */
  broken: string | undefined
}

interface Attended {
  readonly order: Order
  readonly queue: Queue.Queue<Sighting, BackendError | Cause.Done>
  readonly attempts: Map<string, Attempt>
  /** Attempts whose workers have ended. */
  readonly exits: Set<string>
  state: string | undefined
  place: string | undefined
  /** Looks at the queue, one after another, at which its task was not there, and when the first was. */
  absent: number
  absentSince: number
  looks: number
  /** When it last said something, seconds. */
  heard: number
  /** When its job was last seen not to run, seconds. */
  idle: number
  /** The last look found all its journals read to their ends. */
  exhausted: boolean
  last: Message | undefined
}

/** Bytes of all journals that one look takes in. */
const MOST_BYTES = 2 ** 23
/** A folder is listed anew after so many looks, whatever its job does. */
const LISTED_EVERY = 10
/** Looks at the queue without a task, at least, before it is given up. */
const PATIENCE = 2

const seconds = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e9)

/** Nothing where it is its turn. */
const placeOf = (order: Order, found: QueuedTask): string | undefined =>
  found.state === "RUNNING"
    ? order.submission.orders.some(({ task, line }) => task === order.task && line < order.line)
      ? `job ${taskId(order)}, after other runs`
      : undefined
    : `job ${taskId(order)}, ${found.state.toLowerCase()}${/^(None|)$/.test(found.reason) ? "" : `: ${found.reason}`}`

export const makeAttendance = Effect.fnUntraced(function* (
  host: Host,
  client: Client,
  site: Site,
): Effect.fn.Return<Attendance, never, Scope.Scope> {
  const attended = new Set<Attended>()
  let lookedAtQueue = Number.NEGATIVE_INFINITY
  /** Files and folders that this look has been at. */
  let looked = 0
  /** What was out of reach at the last look: told once. */
  let trouble: string | undefined

  const finish = (one: Attended) => {
    attended.delete(one)
    Queue.endUnsafe(one.queue)
  }
  const fail = (one: Attended, error: BackendError) => {
    attended.delete(one)
    Queue.failCauseUnsafe(one.queue, Cause.fail(error))
  }

  /** Only the newest attempt speaks for the order: one that was cut off may say anything about itself. */
  const hear = (one: Attended, message: Message, newest: boolean) => {
    one.place = undefined
    if (newest) {
      one.last = message
      if (message._tag === "Error") return fail(one, errorOf("slurm", message))
      if (message._tag === "End" && message.how === "done") return finish(one)
    }
    Queue.offerUnsafe(one.queue, { _tag: "Said", message })
  }

  const waits = (one: Attended, place: string | undefined) => {
    if (place === undefined || one.place === place) return
    one.place = place
    Queue.offerUnsafe(one.queue, { _tag: "Waits", place })
  }

  /** Whether the queue answered; tells where tasks are. */
  const lookAtQueue = Effect.gen(function* () {
    const now = yield* seconds
    if (now - lookedAtQueue < site.queueSeconds) return false
    const names = [...new Set([...attended].map(({ order }) => order.submission.name))]
    const before = [...attended]
    const tasks = new Map((yield* client.queue(names)).map((task) => [task.id, task]))
    lookedAtQueue = now
    for (const one of before) {
      const found = tasks.get(taskId(one.order))
      one.state = found?.state
      if (found === undefined && one.absent++ === 0) one.absentSince = now
      if (found !== undefined) one.absent = 0
      if (found?.state !== "RUNNING") one.idle = now
      const never = found?.state === "PENDING" ? hopeless(found.reason, { site, host: host.name }) : undefined
      if (never !== undefined) {
        yield* Effect.ignore(client.cancel([taskId(one.order)]))
        fail(one, never)
        continue
      }
      const silent = one.last === undefined || (one.last._tag === "End" && one.last.how === "stopped")
      if (found !== undefined && silent) waits(one, placeOf(one.order, found))
    }
    return true
  })

  /** Orders that their jobs are or were at: a job takes its own one after another. */
  const foremost = (): ReadonlyArray<Attended> => {
    const first = new Map<string, Attended>()
    for (const one of attended) {
      const before = first.get(taskId(one.order))
      if (before === undefined || one.order.line < before.order.line) first.set(taskId(one.order), one)
    }
    return [...attended].filter(
      (one) => one.attempts.size > 0 || one.absent > 0 || first.get(taskId(one.order)) === one,
    )
  }

  /** Attempts there are by now. */
  const listAttempts = Effect.gen(function* () {
    const due = foremost().filter(
      (one) =>
        one.state !== "PENDING" &&
        (one.attempts.size === 0 || one.absent > 0 || one.last?._tag === "End" || ++one.looks % LISTED_EVERY === 0),
    )
    if (due.length === 0) return
    const found = yield* host.list(due.map(({ order }) => order.folder))
    looked += due.length
    for (const [i, names] of found.entries()) {
      const { attempts, exits } = due[i]!
      for (const name of names) {
        const attempt = name.replace(/\.(jsonl|exit)$/, "")
        if (name.endsWith(".jsonl") && !attempts.has(attempt))
          attempts.set(attempt, { offset: 0, listener: makeListener(), broken: undefined })
        if (name.endsWith(".exit")) exits.add(attempt)
        if (name === DONE) exits.add([...attempts.keys()].sort().at(-1) ?? "")
      }
    }
  })

  const readJournals = Effect.gen(function* () {
    const now = yield* seconds
    const of = new Map<string, readonly [Attended, Attempt, boolean]>()
    for (const one of attended) {
      // In the order of their names, which is that of time.
      const names = [...one.attempts.keys()].sort()
      for (const name of names)
        of.set(`${one.order.folder}/${name}.jsonl`, [one, one.attempts.get(name)!, name === names.at(-1)])
    }
    const positions = [...of].flatMap(([path, [, { offset, broken }]]) =>
      broken === undefined ? [{ path, offset }] : [],
    )
    const before = [...attended]
    looked += positions.length
    const grown = positions.length === 0 ? [] : yield* host.readFrom(positions, MOST_BYTES)
    for (const one of before) one.exhausted = true
    for (const { path, bytes } of grown) {
      const [one, attempt, newest] = of.get(path)!
      attempt.offset += bytes.length
      one.heard = now
      one.exhausted = false
      try {
        for (const message of attempt.listener.hear(bytes)) if (attended.has(one)) hear(one, message, newest)
      } catch (cause) {
        attempt.broken = (cause as Error).message
      }
    }
  })

  /** Orders that will say no more, as far as all they said is heard. */
  const judge = Effect.gen(function* () {
    const now = yield* seconds
    const atWork = new Set(foremost())
    for (const one of [...attended].filter(({ exhausted }) => exhausted)) {
      const { order, attempts, exits, last } = one
      const silence = now - Math.max(one.heard, one.idle)
      const newest = [...attempts.keys()].sort().at(-1)
      const crashed = newest !== undefined && exits.has(newest) && last?._tag !== "End"
      if (crashed && now - one.heard > 2 * site.pollSeconds) {
        const { broken } = attempts.get(newest)!
        const what = broken === undefined ? "ended without a last word" : `does not speak the protocol: ${broken}`
        const message = `the worker of job ${taskId(order)} ${what}; see ${order.submission.folder}/logs/${order.line}.err on ${host.name}`
        fail(one, slurmError("Device", message, { retryable: broken === undefined }))
      } else if (one.state === "RUNNING" && atWork.has(one) && silence > site.stallSeconds) {
        const message = `nothing was heard of job ${taskId(order)} for ${Math.round(silence)} s, though it runs; it is cancelled`
        yield* Effect.ignore(client.cancel([taskId(order)]))
        fail(one, slurmError("Device", message, { retryable: true }))
      }
    }
    // A network file system may show last words late. Jobs that a driver before this one cancelled have had their time.
    const gone = [...attended].filter(
      ({ absent, absentSince, exhausted, order }) =>
        exhausted && absent >= PATIENCE && (order.submission.stopped || now - absentSince >= site.lostSeconds),
    )
    if (gone.length === 0) return
    const fates = yield* client.fate(gone.map(({ order }) => taskId(order)))
    const cancelled = new Set<Submission>()
    for (const submission of new Set(gone.map(({ order }) => order.submission)))
      if (!submission.stopped && (yield* host.exists(`${submission.folder}/${STOP}`))) cancelled.add(submission)
    for (const one of gone) {
      const { submission } = one.order
      fail(
        one,
        cancelled.has(submission)
          ? slurmError("Unavailable", "the jobs of this study were cancelled; run it again, and it goes on")
          : lost(one.order, fates.get(taskId(one.order)), one.last, host),
      )
    }
  })

  const warnOnce = (error: BackendError) => {
    if (trouble === error.message) return Effect.void
    trouble = error.message
    return Effect.logWarning(`${error.message}; jobs go on, asking again`)
  }

  /** Results first: they come though no scheduler answers. */
  const look = Effect.gen(function* () {
    yield* listAttempts
    yield* readJournals
    if (yield* lookAtQueue) yield* judge
    trouble = undefined
  }).pipe(
    Effect.catch(warnOnce),
    // A defect here must not leave everybody waiting for ever.
    Effect.catchDefect((defect) =>
      Effect.sync(() => {
        const message = `the watch over jobs broke: ${defect instanceof Error ? defect.message : String(defect)}; jobs go on`
        for (const one of [...attended]) fail(one, slurmError("Device", message, { retryable: true, cause: defect }))
      }),
    ),
  )

  yield* Effect.gen(function* () {
    for (;;) {
      looked = 0
      if (attended.size > 0) yield* look
      // A look at thousands of files costs the file server as many operations: they are spread over time.
      yield* Effect.sleep(`${Math.max(site.pollSeconds, looked / site.filesPerSecond)} seconds`)
    }
  }).pipe(Effect.forkScoped)

  return {
    attend: (order) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const queue = yield* Queue.unbounded<Sighting, BackendError | Cause.Done>()
          const one: Attended = {
            ...{ order, queue, attempts: new Map(), exits: new Set(), state: undefined, place: undefined },
            ...{
              absent: 0,
              absentSince: 0,
              looks: 0,
              heard: yield* seconds,
              idle: 0,
              exhausted: false,
              last: undefined,
            },
          }
          yield* Effect.acquireRelease(
            Effect.sync(() => attended.add(one)),
            () => Effect.sync(() => attended.delete(one)),
          )
          return Stream.fromQueue(queue)
        }),
      ),
  }
})
