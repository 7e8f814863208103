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
  /** It was cancelled before this driver came. */
  readonly stopped: boolean
}

/** Once it lies in a submission, nothing of it starts any more. */
export const STOP = "stop"
/** In the folder of an order's journals: it is not to be trained, or not again. */
export const DONE = "done"

export const taskId = ({ submission, task }: Order): string => `${submission.jobId}_${task}`

export interface Ledger {
  readonly add: (submission: Submission) => void
  /** The order that works on a run, or has and was not collected. */
  readonly of: (runId: string) => Order | undefined
  /**
   * What a driver may do once it is the only one: adopt or take away what a killed one left half made, and forget its orders about none of
   * these runs, whose results were stored before it could say so. Those of today stay: a plan that reaches further may want them.
   */
  readonly settle: (planned: ReadonlySet<string>) => Effect.Effect<void, BackendError>
  readonly live: () => ReadonlyArray<Order>
  /**
   * All results of some of its runs are where they belong; the submission goes once this holds of all runs of all its orders. Gives
   * whether the order is over.
   */
  readonly collect: (order: Order, runIds: ReadonlyArray<string>) => Effect.Effect<boolean, BackendError>
  /** It will say no more; what it left unsaid is to be ordered anew. Its logs stay until the next driver comes. */
  readonly end: (order: Order) => Effect.Effect<void, BackendError>
}

const DAY = 86_400_000
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
  submission: Omit<Submission, "orders" | "stopped"> & { readonly stopped?: boolean },
  documents: ReadonlyArray<OrderDocument>,
  tasks: ReadonlyArray<readonly [number, number]>,
): Submission => {
  const orders: Array<Order> = []
  const made: Submission = { stopped: false, ...submission, orders }
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

/** A submission as it lies there; `jobId` is missing where a driver was killed before it could write it down. */
interface Found {
  readonly id: string
  readonly folder: string
  readonly documents: ReadonlyArray<OrderDocument>
  readonly tasks: ReadonlyArray<readonly [number, number]>
  readonly jobId: string | undefined
  readonly stopped: boolean
  /** Lines of orders that are over. */
  readonly over: ReadonlySet<number>
}

const FILES = ["orders.jsonl", "tasks", "job", "claim", "over", STOP]

const find = Effect.fnUntraced(function* (host: Host, root: string) {
  const [ids] = yield* host.list([jobsFolder(root)])
  const folderOf = (id: string) => `${jobsFolder(root)}/${id}`
  const texts = yield* readAll(
    host,
    ids!.flatMap((id) => FILES.map((file) => `${folderOf(id)}/${file}`)),
  )
  // Empty files are read as if they were not there.
  const stops = yield* host.list(ids!.map(folderOf))
  return yield* Effect.forEach(ids!, (id, i) =>
    Effect.gen(function* () {
      const folder = folderOf(id)
      const [orders, tasks, job, claim, past] = FILES.map((file) => texts.get(`${folder}/${file}`)?.trim())
      if (orders === undefined || tasks === undefined) return { id, folder, broken: "half made" }
      const documents = yield* Effect.forEach(lines(orders), (line) => Effect.option(decodeOrder(line)))
      const known = documents.flatMap((document) => (document._tag === "Some" ? [document.value] : []))
      if (known.length < documents.length) return { id, folder, broken: "written by another version" }
      return {
        ...{ id, folder, documents: known, jobId: job ?? claim, stopped: stops[i]!.includes(STOP) },
        tasks: lines(tasks).map((line) => line.split(" ").map(Number) as [number, number]),
        over: new Set(past === undefined ? [] : lines(past).map(Number)),
      } satisfies Found
    }),
  )
})

/** Reads what lies there, and changes nothing: another driver may be at work, and in the middle of a submission. */
export const openLedger = Effect.fnUntraced(function* (
  host: Host,
  client: Client,
  root: string,
  nameOf: (id: string) => string,
): Effect.fn.Return<Ledger, BackendError> {
  const submissions = new Map<string, Submission>()
  const byRun = new Map<string, Order>()
  const over = new Set<Order>()
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

  /** What an earlier driver left, and this one has not settled yet. */
  let found = yield* find(host, root)
  const enter = (one: Found, jobId: string) => {
    const { id, folder, documents, tasks, stopped } = one
    const made = ordersOf({ id, folder, name: nameOf(id), jobId, stopped }, documents, tasks)
    add(made)
    for (const order of made.orders) if (one.over.has(order.line)) leave(order)
    return made
  }
  const known = new Map<string, Submission>()
  for (const one of found) if (!("broken" in one) && one.jobId !== undefined) known.set(one.id, enter(one, one.jobId))

  const close = Effect.fnUntraced(function* (order: Order) {
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

  const settle = Effect.fnUntraced(function* (planned: ReadonlySet<string>) {
    const left = found
    found = []
    if (left.length === 0) return
    const queued = Map.groupBy(yield* client.queue(left.map(({ id }) => nameOf(id))), ({ name }) => name)
    for (const one of left) {
      const [task] = queued.get(nameOf(one.id)) ?? []
      if ("broken" in one) {
        // Jobs of orders that cannot be understood are of no use to anybody.
        if (task !== undefined) yield* client.cancel([task.arrayId])
        yield* host.remove(one.folder)
      } else if (one.jobId === undefined) {
        // Killed while it submitted: the queue knows the job, or there is none. One that turns up late finds no folder, and does nothing.
        if (task === undefined) yield* host.remove(one.folder)
        else {
          yield* host.writeFiles([{ path: `${one.folder}/job`, content: `${task.arrayId}\n` }])
          enter(one, task.arrayId)
        }
      } else if (task === undefined) {
        const orders = known.get(one.id)!.orders
        const open = orders.filter((order) => !over.has(order))
        const wanted = open.some(({ assignments }) => [...assignments.keys()].some((runId) => planned.has(runId)))
        if (open.length === 0) yield* host.remove(one.folder)
        else if (!wanted && submittedAt(one.id) < Date.now() - DAY)
          yield* Effect.forEach(open, close, { discard: true })
      }
    }
  })

  return {
    add,
    of: (runId) => byRun.get(runId),
    settle,
    live: () => [...submissions.values()].flatMap(({ orders }) => orders.filter((order) => !over.has(order))),
    collect: (order, runIds) => {
      const done = new Set([...(collected.get(order) ?? []), ...runIds])
      collected.set(order, done)
      for (const runId of runIds) if (byRun.get(runId) === order) byRun.delete(runId)
      return done.size < order.assignments.size ? Effect.succeed(false) : Effect.as(close(order), true)
    },
    end: (order) =>
      Effect.suspend(() => {
        failed.add(order.submission)
        // Its job may come back, for the others of it.
        return Effect.andThen(host.writeFiles([{ path: `${order.folder}/${DONE}`, content: "" }]), close(order))
      }),
  }
})
