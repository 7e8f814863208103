/** Takes orders back: those that come within a moment together, since an interrupted study abandons all it has at once. */
import { Deferred, Effect, type Scope } from "effect"
import type { Client } from "./client.ts"
import type { Host } from "./host.ts"
import { DONE, type Ledger, type Order, STOP, type Submission, taskId } from "./ledger.ts"
import type { Site } from "./options.ts"

interface Leaving {
  readonly order: Order
  readonly left: Deferred.Deferred<void>
}

/** How long more are waited for, milliseconds. */
const MOMENT = 50

/** Gives back once the order's worker has stopped, within reason; tells where that could not be seen to. */
export const makeAbandon = Effect.fnUntraced(function* (
  host: Host,
  client: Client,
  site: Site,
  ledger: Ledger,
): Effect.fn.Return<(order: Order) => Effect.Effect<void>, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const coming: Array<Leaving> = []

  /** Tasks of which nothing is left to do, and those that have to let go of an order and keep others. */
  const sort = Effect.fnUntraced(function* (leaving: ReadonlySet<Order>) {
    const staying = new Set(ledger.live().flatMap((order) => (leaving.has(order) ? [] : [taskId(order)])))
    const cancelled = [...leaving].filter((order) => !staying.has(taskId(order)))
    const shared = [...leaving].filter((order) => staying.has(taskId(order)))
    // One that has not begun is passed over; only the one at work has to be interrupted, and the others with it.
    const begun = yield* host.list(shared.map(({ folder }) => folder))
    const requeued = shared.filter((_, i) => begun[i]!.some((name) => name.endsWith(".jsonl")))
    return { cancelled: new Set(cancelled.map(taskId)), requeued: new Set(requeued.map(taskId)) }
  })

  const leave = Effect.gen(function* () {
    const all = coming.splice(0)
    const orders = new Set(all.map(({ order }) => order))
    yield* Effect.gen(function* () {
      const whole = (submission: Submission) =>
        submission.orders.every((order) => orders.has(order) || !ledger.live().includes(order))
      const submissions = [...new Set([...orders].map(({ submission }) => submission))]
      const { cancelled, requeued } = yield* sort(orders)
      yield* host.writeFiles(
        [
          ...[...orders].map(({ folder }) => `${folder}/${DONE}`),
          ...submissions.filter(whole).map(({ folder }) => `${folder}/${STOP}`),
        ].map((path) => ({ path, content: "" })),
      )
      if (cancelled.size > 0) yield* client.cancel([...cancelled])
      yield* Effect.forEach(requeued, client.requeue, { discard: true })
      const names = submissions.map(({ name }) => name)
      for (let waited = 0; waited < site.graceSeconds; waited += site.pollSeconds) {
        const tasks = (yield* client.queue(names)).filter(
          ({ id, state }) => cancelled.has(id) || (requeued.has(id) && state !== "PENDING"),
        )
        if (tasks.length === 0) return
        yield* Effect.sleep(`${site.pollSeconds} seconds`)
      }
    }).pipe(
      Effect.catch(({ message }) =>
        Effect.logWarning(`${orders.size} orders could not be taken back: ${message}; cancel their jobs by scancel`),
      ),
    )
    for (const { left } of all) yield* Deferred.succeed(left, undefined)
  })

  return (order) =>
    Effect.gen(function* () {
      const left = yield* Deferred.make<void>()
      coming.push({ order, left })
      if (coming.length === 1) yield* Effect.forkIn(Effect.delay(leave, MOMENT), scope)
      yield* Deferred.await(left)
    })
})
