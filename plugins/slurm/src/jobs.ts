/** The jobs of a study, looked at and ended without a driver. */
import type { BackendError } from "@ts/backend"
import { Effect } from "effect"
import { markCancelled } from "./cancelled.ts"
import type { Client } from "./client.ts"
import type { Host } from "./host.ts"
import { jobsFolder, type Order, STOP, taskId } from "./ledger.ts"
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
  if (!(yield* host.exists(root))) return 0
  yield* markCancelled(host, root)
  const [ids] = yield* host.list([jobsFolder(root)])
  const names = ids!.map(nameOf)
  // Nothing of them starts any more, nor goes back into the queue: neither what is in it nor what is on its way there.
  yield* host.writeFiles(ids!.map((id) => ({ path: `${jobsFolder(root)}/${id}/${STOP}`, content: "" })))
  const seen = new Set<string>()
  const arrays = new Set<string>()
  let left = 0
  for (let waited = 0; ; waited += site.pollSeconds) {
    const tasks = yield* client.queue(names)
    const more = [...new Set(tasks.map(({ arrayId }) => arrayId))].filter((id) => !arrays.has(id))
    yield* client.cancel(more)
    for (const { id } of tasks) seen.add(id)
    for (const id of more) arrays.add(id)
    left = tasks.length
    if (left === 0 || waited >= site.graceSeconds) break
    yield* Effect.sleep(`${site.pollSeconds} seconds`)
  }
  if (left > 0)
    yield* Effect.logWarning(
      `${left} of ${seen.size} jobs have not ended in ${site.graceSeconds} s and may still write checkpoints; \`squeue --me\` shows them`,
    )
  return seen.size
})
