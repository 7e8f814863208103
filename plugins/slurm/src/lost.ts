/** What became of an order whose job has left the queue before it was done, in words. */
import type { BackendError } from "@ts/backend"
import type { Message } from "@ts/worker"
import type { Fate } from "./client.ts"
import { slurmError } from "./errors.ts"
import type { Host } from "./host.ts"
import { type Order, taskId } from "./ledger.ts"
import { scriptExit } from "./script.ts"

const words: Readonly<Record<string, string>> = {
  CANCELLED: "was cancelled",
  TIMEOUT: "ran into its time limit",
  NODE_FAIL: "lost its node",
  PREEMPTED: "had to make room",
  OUT_OF_MEMORY: "ran out of memory; raise the option memory",
  BOOT_FAIL: "got a node that did not start",
  DEADLINE: "ran past its deadline",
}

export const lost = (order: Order, fate: Fate | undefined, last: Message | undefined, host: Host): BackendError => {
  const job = `job ${taskId(order)}`
  if (fate?.exitCode === scriptExit.notShared && last === undefined) {
    const message = `shared: the node of ${job} does not see ${order.submission.folder}; name a folder that login and compute nodes share under the same path`
    return slurmError("Unavailable", message, { field: "shared" })
  }
  const stopped = last?._tag === "End" && last.how === "stopped"
  const what =
    fate === undefined
      ? "has left the queue"
      : (words[fate.state] ?? `ended (${fate.state.toLowerCase()}, exit code ${fate.exitCode})`)
  const log = stopped ? "" : `; its log is in ${order.submission.folder}/logs on ${host.name}`
  return slurmError("Device", `${job} ${what} before the run was done${log}`, { retryable: true })
}
