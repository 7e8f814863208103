/** Orders into job arrays: those that come within a moment share one, and no more jobs are under way at a time than may be. */
import type { BackendError } from "@ts/backend"
import { encodeOrder, type Order as OrderDocument } from "@ts/worker"
import { Clock, Deferred, Effect, Exit, Option, Schedule, type Scope } from "effect"
import { watchCancelled } from "./cancelled.ts"
import type { Client } from "./client.ts"
import { isFull } from "./clientErrors.ts"
import { outOfReach, slurmError } from "./errors.ts"
import type { Host } from "./host.ts"
import { jobsFolder, type Ledger, type Order, ordersOf, type Submission } from "./ledger.ts"
import type { Site } from "./options.ts"
import { pack } from "./pack.ts"
import { jobScript } from "./script.ts"
import { persistently } from "./steady.ts"
import { submissionId } from "./submissionId.ts"
import { minutesOf } from "./timeLimit.ts"

export interface Submitter {
  /**
   * Gives the order once its job is in the queue. `seconds`: what it takes, about; undefined: as long as a job should. `documentIn` is told where its journals lie.
   * Interrupted when the submission is under way already, it waits for its end, and hands the order to `unwanted`.
   */
  readonly submit: (
    documentIn: (folder: string) => OrderDocument,
    seconds: number | undefined,
    unwanted: (order: Order) => Effect.Effect<void>,
  ) => Effect.Effect<Order, BackendError>
}

export interface SubmitterOptions {
  readonly root: string
  /** Of a job, by its submission. */
  readonly nameOf: (id: string) => string
  readonly worker: readonly [string, ...Array<string>]
  /** Tasks of an array at most, as the cluster says. */
  readonly maxTasks: number
  /** Jobs of ours in the queue at a time: what is beyond that waits here. */
  readonly jobs: number
}

interface Waiting {
  readonly documentIn: (folder: string) => OrderDocument
  readonly seconds: number | undefined
  readonly submitted: Deferred.Deferred<Order, BackendError>
  /** Nobody waits for it any more. */
  left: boolean
}

/** A job ends well before its time limit, if what it takes was guessed about right. */
const SHARE_OF_LIMIT = 0.5

type SubmissionInput = readonly [
  host: Host,
  client: Client,
  site: Site,
  options: Pick<SubmitterOptions, "root" | "nameOf" | "worker"> & {
    /** Looked at just before the scheduler hears of it: what fails here is not submitted. */
    readonly unless?: Effect.Effect<void, BackendError>
  },
  id: string,
  jobs: ReadonlyArray<ReadonlyArray<(folder: string) => OrderDocument>>,
]

/**
 * The job of a submission whose answer was lost; undefined once it is certain that none will ever work on it. Asks until it knows: to submit the
 * same orders in another folder before that would be to train them twice.
 */
const gotThrough = (
  host: Host,
  client: Client,
  site: Site,
  folder: string,
  name: string,
): Effect.Effect<string | undefined, BackendError> => {
  let isVoid = false
  let told = false
  return Effect.gen(function* () {
    if (!isVoid) {
      const claim = yield* host.readFile(`${folder}/claim`)
      if (claim !== undefined) return new TextDecoder().decode(claim).trim()
      const [found] = yield* client.queue([name])
      if (found !== undefined) return found.arrayId
    }
    // Before it is removed: a job that starts meanwhile would write into what is being removed.
    yield* host.writeFiles([{ path: `${folder}/stop`, content: "" }])
    isVoid = true
    const [late] = yield* client.queue([name])
    if (late !== undefined) {
      yield* client.cancel([late.arrayId])
      return yield* outOfReach(`job ${late.arrayId} has not left the queue yet`)
    }
    yield* host.remove(folder)
    return undefined
  }).pipe(
    Effect.tapError(({ message }) => {
      if (told) return Effect.void
      told = true
      return Effect.logWarning(`whether job ${name} got through is not known: ${message}; asking again`)
    }),
    Effect.retry({ schedule: Schedule.spaced(`${site.pollSeconds} seconds`), while: ({ retryable }) => retryable }),
  )
}

const submitted = Effect.fnUntraced(function* (
  restore: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>,
  ...[host, client, site, { root, nameOf, worker, unless = Effect.void }, id, jobs]: SubmissionInput
): Effect.fn.Return<Submission, BackendError> {
  const folder = `${jobsFolder(root)}/${id}`
  const name = nameOf(id)
  const documents = jobs.flat().map((documentIn, i) => documentIn(`${folder}/journals/${i + 1}`))
  let line = 0
  const tasks = jobs.map((orders) => {
    const first = line + 1
    line += orders.length
    return [first, line] as const
  })
  const script = yield* jobScript({ site, folder, name, tasks: tasks.length, worker })
  yield* host.writeFiles([
    { path: `${folder}/orders.jsonl`, content: `${documents.map((document) => encodeOrder(document)).join("\n")}\n` },
    { path: `${folder}/tasks`, content: `${tasks.map((range) => range.join(" ")).join("\n")}\n` },
    { path: `${folder}/job.sh`, content: script, mode: 0o700 },
  ])
  yield* Effect.tapError(unless, () => Effect.ignore(host.remove(folder)))
  const jobId = yield* client
    .submit(`${folder}/job.sh`)
    .pipe(
      Effect.catch((error) =>
        error.retryable && !isFull(error)
          ? Effect.flatMap(restore(gotThrough(host, client, site, folder, name)), (found) =>
              found === undefined ? Effect.fail(error) : Effect.succeed(found),
            )
          : Effect.andThen(Effect.ignore(host.remove(folder)), Effect.fail(error)),
      ),
    )
  // The next driver finds it without that, too.
  yield* Effect.ignore(host.writeFiles([{ path: `${folder}/job`, content: `${jobId}\n` }]))
  return ordersOf({ id, folder, name, jobId }, documents, tasks)
})

/** A moment in which a submission may be interrupted is one in which the next driver knows what to do with it. */
export const submission = (...input: SubmissionInput): Effect.Effect<Submission, BackendError> =>
  Effect.uninterruptibleMask((restore) => submitted(restore, ...input))

export const makeSubmitter = Effect.fnUntraced(function* (
  host: Host,
  client: Client,
  site: Site,
  ledger: Ledger,
  options: SubmitterOptions,
): Effect.fn.Return<Submitter, BackendError, Scope.Scope> {
  const { jobs, maxTasks } = options
  const making = { ...options, unless: yield* watchCancelled(host, options.root) }
  const limit = site.time === undefined ? Number.POSITIVE_INFINITY : 60 * minutesOf(site.time)!
  const jobSeconds = Math.min(site.jobSeconds, SHARE_OF_LIMIT * limit)
  const waiting: Array<Waiting> = []
  const scope = yield* Effect.scope
  let gathering = false
  /** Tasks of the next array at most: fewer once the cluster has refused so many. */
  let step = maxTasks
  let refusedAt = Number.NEGATIVE_INFINITY
  let told = false
  let askedAt = Number.NEGATIVE_INFINITY

  const seconds = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e9)

  /** Tasks that may be submitted now. */
  const room = Effect.gen(function* () {
    const live = ledger.live()
    const underWay = new Set(live.map(({ submission, task }) => `${submission.id} ${task}`)).size
    if (underWay < jobs) return jobs - underWay
    // Orders that nobody collects have no job any more, and take up no room: the queue knows.
    const now = yield* seconds
    if (now - askedAt < site.queueSeconds) return 0
    askedAt = now
    return jobs - (yield* client.queue([...new Set(live.map(({ submission }) => submission.name))])).length
  })

  const answer = (some: ReadonlyArray<Waiting>, made: Exit.Exit<Submission, BackendError>) =>
    Effect.forEach(
      some,
      ({ submitted }, i) =>
        Exit.isSuccess(made)
          ? Deferred.succeed(submitted, made.value.orders[i]!)
          : Deferred.failCause(submitted, made.cause),
      { discard: true },
    )

  /** Submits as much as there is room for; the rest goes on waiting. */
  const flush = Effect.gen(function* () {
    const free = Math.min(yield* room, step)
    if (free < 1 || waiting.length === 0) return
    const packed = pack(
      waiting.map(({ seconds = jobSeconds }) => seconds),
      { jobSeconds, slots: free, maxJobs: maxTasks },
    )
    const all = [...waiting]
    const inOrder = packed.slice(0, free).map((indices) => indices.map((i) => all[i]!))
    const some = inOrder.flat()
    const taken = new Set(some)
    waiting.splice(0, all.length, ...all.filter((one) => !taken.has(one)))
    const documents = inOrder.map((bundles) => bundles.map(({ documentIn }) => documentIn))
    // Each time in a folder of its own: a job that got through unheard finds none, and does nothing.
    const anew = Effect.suspend(() => submission(host, client, site, making, submissionId(Date.now()), documents))
    // As many as are too many are so again.
    const made = yield* Effect.exit(persistently(anew, (error) => !isFull(error)))
    const now = yield* seconds
    if (Exit.isSuccess(made)) {
      ledger.add(made.value)
      if (now - refusedAt > site.queueSeconds) step = Math.min(maxTasks, 2 * step)
      return yield* answer(some, made)
    }
    const error = Option.getOrUndefined(Exit.findErrorOption(made))
    const others = ledger.live().length > 0
    if (error === undefined || !isFull(error) || (inOrder.length === 1 && !others)) return yield* answer(some, made)
    refusedAt = now
    step = Math.max(1, Math.floor(inOrder.length / 2))
    const [gone, still] = [some.filter(({ left }) => left), some.filter(({ left }) => !left)]
    waiting.unshift(...still)
    yield* answer(gone, made)
    if (inOrder.length > 1) return
    if (!told) yield* Effect.logWarning(`${error.message}; ${waiting.length} bundles of runs wait for that`)
    told = true
    yield* untilSomeEnd
  })

  /** One of ours ends, or, for it may be others' that fill the cluster, some time passes. */
  const untilSomeEnd = Effect.gen(function* () {
    const before = ledger.live().length
    const until = (yield* seconds) + site.queueSeconds
    while (ledger.live().length >= before && (yield* seconds) < until) yield* Effect.sleep(pace)
  })

  const pace = `${site.gatherSeconds} seconds` as const
  const gather = Effect.gen(function* () {
    while (gathering) {
      yield* Effect.sleep(pace)
      yield* Effect.catch(flush, ({ message }) => Effect.logWarning(`${message}; asking again`))
      gathering = waiting.length > 0
    }
  })

  return {
    submit: (documentIn, seconds, unwanted) =>
      Effect.gen(function* () {
        if (maxTasks < 1)
          return yield* slurmError("Unavailable", "this cluster allows no job arrays (MaxArraySize is 1 or less)")
        const submitted = yield* Deferred.make<Order, BackendError>()
        const one: Waiting = { documentIn, seconds, submitted, left: false }
        waiting.push(one)
        if (!gathering) {
          gathering = true
          yield* Effect.forkIn(gather, scope)
        }
        return yield* Effect.onInterrupt(Deferred.await(submitted), () =>
          Effect.suspend(() => {
            const i = waiting.indexOf(one)
            one.left = true
            if (i < 0)
              return Effect.interruptible(Deferred.await(submitted)).pipe(
                Effect.timeout(`${site.graceSeconds} seconds`),
                Effect.flatMap(unwanted),
                Effect.ignore,
              )
            waiting.splice(i, 1)
            return Effect.void
          }),
        )
      }),
  }
})
