/**
 * What lies on the shared folder of a study: submissions, each a job array and its orders. It outlives the driver: one that starts
 * tomorrow reads here which runs are under way, and which ended while nobody looked.
 *
 *     jobs/<submission>/    as ./script.ts describes it
 *         job               id of its job array
 *         over              lines of orders that nobody waits for any more
 */
import type { Assignment, BackendError } from "@ts/backend"
import { decodeOrder, type Order as OrderDocument } from "@ts/worker"
import { Effect } from "effect"
import type { Client } from "./client.ts"
import type { Host } from "./host.ts"
import { submittedAt } from "./submissionId.ts"

/** One order of a submission, and where it stands on the shared folder. */
export interface Order {
  readonly submission: Submission
  /** Of `orders.jsonl`, from 1. */
  readonly line: number
  /** Of the job array. */
  readonly task: number
  readonly document: OrderDocument
  /** By run id. */
  readonly assignments: ReadonlyMap<string, Assignment>
  /** Of its journals. */
  readonly folder: string
}

export interface Submission {
  readonly id: string
  readonly folder: string
  /** Of its job. */
  readonly name: string
  readonly orders: ReadonlyArray<Order>
  readonly jobId: string
}

export const taskId = ({ submission, task }: Order): string => `${submission.jobId}_${task}`

export interface Ledger {
  readonly add: (submission: Submission) => void
  /** The order that works on a run, or has and was not collected. */
  readonly of: (runId: string) => Order | undefined
  readonly live: () => ReadonlyArray<Order>
  /**
   * All results of some of its runs are where they belong; the submission goes once this holds of all runs of all its orders. Gives
   * whether the order is over.
   */
  readonly collect: (order: Order, runIds: ReadonlyArray<string>) => Effect.Effect<boolean, BackendError>
  /** It will say no more; what it left unsaid is to be ordered anew. Its logs stay until the next driver comes. */
  readonly end: (order: Order) => Effect.Effect<void, BackendError>
  /**
   * Forgets orders of an earlier driver about none of these runs: it died after their results were stored, and before it said so. Those of today
   * stay: they may be wanted again, by a plan that reaches further.
   */
  readonly forget: (planned: ReadonlySet<string>) => Effect.Effect<void, BackendError>
}

const DAY = 86_400_000
/** In every order to train. */
const TRAIN = '"do":"train"'

export const jobsFolder = (root: string): string => `${root}/jobs`

/** All of each file, as text; files that are not there are left out. */
const readAll = Effect.fnUntraced(function* (host: Host, paths: ReadonlyArray<string>) {
  const decoder = new TextDecoder()
  const parts = new Map(paths.map((path) => [path, [] as Array<Uint8Array>]))
  let open = paths.map((path) => ({ path, offset: 0 }))
  while (open.length > 0) {
    const grown = yield* host.readFrom(open, 2 ** 24)
    for (const { path, bytes } of grown) parts.get(path)!.push(bytes)
    open = grown.map(({ path, offset, bytes }) => ({ path, offset: offset + bytes.length }))
  }
  return new Map(
    [...parts].flatMap(([path, found]) =>
      found.length === 0 ? [] : [[path, decoder.decode(Buffer.concat(found))] as const],
    ),
  )
})

/** Orders as lines of a file, and tasks as ranges of them. */
export const ordersOf = (
  submission: Omit<Submission, "orders">,
  documents: ReadonlyArray<OrderDocument>,
  tasks: ReadonlyArray<readonly [number, number]>,
): Submission => {
  const orders: Array<Order> = []
  const made: Submission = { ...submission, orders }
  for (const [task, [first, last]] of tasks.entries()) {
    for (let line = first; line <= last; line++) {
      const document = documents[line - 1]
      if (document === undefined) continue
      const assignments = new Map(
        document.do === "train" ? document.runs.map(({ runId, assignment }) => [runId, assignment] as const) : [],
      )
      orders.push({ submission: made, line, task, document, assignments, folder: `${made.folder}/journals/${line}` })
    }
  }
  return made
}

const lines = (text: string) => text.split("\n").filter((line) => line !== "")

/**
 * A driver that was killed while it submitted has left no job id: the queue may know the job by its name. One that is nowhere is made
 * void, so that it does nothing should it turn up late.
 */
const adopt = Effect.fnUntraced(function* (host: Host, client: Client, folder: string, name: string) {
  const [found] = yield* client.queue([name])
  if (found !== undefined) {
    yield* host.writeFiles([{ path: `${folder}/job`, content: found.arrayId }])
    return found.arrayId
  }
  yield* host.remove(folder)
  return undefined
})

/** `looking`: only that. Another driver may be at work, and in the middle of a submission. */
export const openLedger = Effect.fnUntraced(function* (
  host: Host,
  client: Client,
  root: string,
  nameOf: (id: string) => string,
  looking = false,
): Effect.fn.Return<Ledger, BackendError> {
  const submissions = new Map<string, Submission>()
  const byRun = new Map<string, Order>()
  const over = new Set<Order>()
  const old: Array<Order> = []
  const collected = new Map<Order, Set<string>>()
  const failed = new Set<Submission>()

  const add = (submission: Submission) => {
    submissions.set(submission.id, submission)
    for (const order of submission.orders) for (const runId of order.assignments.keys()) byRun.set(runId, order)
  }

  const leave = (order: Order) => {
    over.add(order)
    for (const runId of order.assignments.keys()) if (byRun.get(runId) === order) byRun.delete(runId)
  }

  const [ids] = yield* host.list([jobsFolder(root)])
  const files = ["orders.jsonl", "tasks", "job", "claim", "over"]
  const folderOf = (id: string) => `${jobsFolder(root)}/${id}`
  const texts = yield* readAll(
    host,
    ids!.flatMap((id) => files.map((file) => `${folderOf(id)}/${file}`)),
  )
  for (const id of ids!) {
    const folder = folderOf(id)
    const [orders, tasks, job, claim, past] = files.map((file) => texts.get(`${folder}/${file}`)?.trim())
    const gone = new Set(past?.split("\n").map(Number))
    // What a kill left half made has never been submitted; a node that was asked what it can do is asked again.
    if (orders === undefined || tasks === undefined || gone.size >= lines(orders).length || !orders.includes(TRAIN)) {
      if (!looking) yield* host.remove(folder)
      continue
    }
    const name = nameOf(id)
    const jobId = job ?? claim ?? (looking ? undefined : yield* adopt(host, client, folder, name))
    if (jobId === undefined) continue
    const documents = yield* Effect.forEach(lines(orders), (line) => Effect.option(decodeOrder(line)))
    const known = documents.flatMap((document) => (document._tag === "Some" ? [document.value] : []))
    // Orders of another version are none that can be gone on with.
    if (known.length < documents.length) continue
    const ranges = lines(tasks).map((line) => line.split(" ").map(Number) as [number, number])
    const made = ordersOf({ id, folder, name, jobId }, known, ranges)
    add(made)
    for (const order of made.orders) if (gone.has(order.line)) leave(order)
    if (submittedAt(id) < Date.now() - DAY) old.push(...made.orders.filter((order) => !over.has(order)))
  }

  const settle = Effect.fnUntraced(function* (order: Order) {
    const { submission } = order
    leave(order)
    const past = submission.orders.filter((each) => over.has(each))
    if (past.length < submission.orders.length || failed.has(submission)) {
      const content = past.map(({ line }) => `${line}\n`).join("")
      return yield* host.writeFiles([{ path: `${submission.folder}/over`, content }])
    }
    submissions.delete(submission.id)
    yield* host.remove(submission.folder)
  })
  return {
    add,
    of: (runId) => byRun.get(runId),
    live: () => [...submissions.values()].flatMap(({ orders }) => orders.filter((order) => !over.has(order))),
    collect: (order, runIds) => {
      const done = new Set([...(collected.get(order) ?? []), ...runIds])
      collected.set(order, done)
      for (const runId of runIds) if (byRun.get(runId) === order) byRun.delete(runId)
      return done.size < order.assignments.size ? Effect.succeed(false) : Effect.as(settle(order), true)
    },
    forget: (planned) =>
      Effect.forEach(
        old.splice(0).filter(({ assignments }) => ![...assignments.keys()].some((runId) => planned.has(runId))),
        settle,
        { discard: true },
      ),
    end: (order) => {
      failed.add(order.submission)
      return settle(order)
    },
  }
})
