/** Orders into job arrays: those that come within a moment share one. */
import type { BackendError } from "@ts/backend"
import { encodeOrder, type Order as OrderDocument } from "@ts/worker"
import { Deferred, Effect, type Scope } from "effect"
import type { Client } from "./client.ts"
import { slurmError } from "./errors.ts"
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
  /** Jobs of ours that may run at the same time. */
  readonly jobs: number
}

interface Waiting {
  readonly documentIn: (folder: string) => OrderDocument
  readonly seconds: number | undefined
  readonly submitted: Deferred.Deferred<Order, BackendError>
}

/** A job ends well before its time limit, if what it takes was guessed about right. */
const SHARE_OF_LIMIT = 0.5

export const submission = Effect.fnUntraced(function* (
  host: Host,
  client: Client,
  site: Site,
  { root, nameOf, worker }: Pick<SubmitterOptions, "root" | "nameOf" | "worker">,
  id: string,
  jobs: ReadonlyArray<ReadonlyArray<(folder: string) => OrderDocument>>,
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
  const jobId = yield* client.submit({ path: `${folder}/job.sh` }).pipe(
    // Whether it got through or not: a job without its folder does nothing.
    Effect.tapError(() => Effect.ignore(host.remove(folder))),
  )
  yield* host.writeFiles([{ path: `${folder}/job`, content: `${jobId}\n` }])
  return ordersOf({ id, folder, name, jobId }, documents, tasks)
}, Effect.uninterruptible)

export const makeSubmitter = Effect.fnUntraced(function* (
  host: Host,
  client: Client,
  site: Site,
  ledger: Ledger,
  options: SubmitterOptions,
): Effect.fn.Return<Submitter, never, Scope.Scope> {
  const { jobs, maxTasks } = options
  const limit = site.time === undefined ? Number.POSITIVE_INFINITY : 60 * minutesOf(site.time)!
  const jobSeconds = Math.min(site.jobSeconds, SHARE_OF_LIMIT * limit)
  const waiting: Array<Waiting> = []
  const scope = yield* Effect.scope
  let gathering = false

  const flush = Effect.gen(function* () {
    const all = waiting.splice(0)
    gathering = false
    if (all.length === 0) return
    const running = new Set(ledger.live().map(({ submission, task }) => `${submission.id} ${task}`)).size
    const packed = pack(
      all.map(({ seconds = jobSeconds }) => seconds),
      { jobSeconds, slots: Math.max(1, jobs - running), maxJobs: maxTasks },
    )
    const inOrder = packed.map((indices) => indices.map((i) => all[i]!))
    const documents = inOrder.map((bundles) => bundles.map(({ documentIn }) => documentIn))
    // Each time in a folder of its own: a job that got through unheard finds none, and does nothing.
    const anew = Effect.suspend(() => submission(host, client, site, options, submissionId(Date.now()), documents))
    const made = yield* Effect.exit(persistently(anew))
    if (made._tag === "Success") ledger.add(made.value)
    for (const [i, { submitted }] of inOrder.flat().entries()) {
      yield* made._tag === "Success"
        ? Deferred.succeed(submitted, made.value.orders[i]!)
        : Deferred.failCause(submitted, made.cause)
    }
  })

  return {
    submit: (documentIn, seconds, unwanted) =>
      Effect.gen(function* () {
        if (maxTasks < 1)
          return yield* slurmError("Unavailable", "this cluster allows no job arrays (MaxArraySize is 1 or less)")
        const submitted = yield* Deferred.make<Order, BackendError>()
        const one: Waiting = { documentIn, seconds, submitted }
        waiting.push(one)
        if (!gathering) {
          gathering = true
          yield* Effect.forkIn(Effect.delay(flush, `${site.gatherSeconds} seconds`), scope)
        }
        return yield* Effect.onInterrupt(Deferred.await(submitted), () =>
          Effect.suspend(() => {
            const i = waiting.indexOf(one)
            if (i < 0) return Effect.ignore(Effect.flatMap(Deferred.await(submitted), unwanted))
            waiting.splice(i, 1)
            return Effect.void
          }),
        )
      }),
  }
})
