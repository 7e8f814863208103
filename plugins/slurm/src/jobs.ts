/** The jobs of a study, looked at and ended without a driver. */
import type { BackendError } from "@ts/backend"
import { Effect } from "effect"
import type { Client } from "./client.ts"
import type { Host } from "./host.ts"
import { jobsFolder, type Order, taskId } from "./ledger.ts"
import type { Site } from "./options.ts"

export interface RunJob {
  readonly runId: string
  readonly job: string
  /** Slurm's word; `ENDED` when it has left the queue, and the next driver is to collect what it told. */
  readonly state: string
  /** Why it waits; empty where it does not. */
  readonly reason: string
}

export const runJobs = Effect.fnUntraced(function* (
  client: Client,
  live: ReadonlyArray<Order>,
): Effect.fn.Return<ReadonlyArray<RunJob>, BackendError> {
  const tasks = new Map(
    (yield* client.queue([...new Set(live.map(({ submission }) => submission.name))])).map((task) => [task.id, task]),
  )
  return live.flatMap((order) => {
    const found = tasks.get(taskId(order))
    const reason = found === undefined || found.reason === "None" ? "" : found.reason
    return [...order.assignments.keys()].map((runId) => ({
      ...{ runId, job: taskId(order), state: found?.state ?? "ENDED", reason },
    }))
  })
})

export const cancelAll = Effect.fnUntraced(function* (
  host: Host,
  client: Client,
  site: Site,
  root: string,
  nameOf: (id: string) => string,
): Effect.fn.Return<number, BackendError> {
  const [ids] = yield* host.list([jobsFolder(root)])
  const names = ids!.map(nameOf)
  const tasks = yield* client.queue(names)
  const ours = new Set(tasks.map(({ name }) => name))
  // Nothing of them starts any more, nor goes back into the queue.
  yield* host.writeFiles(
    ids!.filter((id) => ours.has(nameOf(id))).map((id) => ({ path: `${jobsFolder(root)}/${id}/stop`, content: "" })),
  )
  yield* client.cancel([...new Set(tasks.map(({ arrayId }) => arrayId))])
  for (let waited = 0; waited < site.graceSeconds; waited += site.pollSeconds) {
    if ((yield* client.queue(names)).length === 0) break
    yield* Effect.sleep(`${site.pollSeconds} seconds`)
  }
  return tasks.length
})
