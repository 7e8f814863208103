/** Submissions of tiny orders to a test's cluster, and what became of them. */
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { BackendError } from "@ts/backend"
import { Effect } from "effect"
import { type Client, slurmClient } from "../src/client.ts"
import { localHost } from "../src/localHost.ts"
import { type Site, type SlurmOptions, siteOf } from "../src/options.ts"
import { jobScript, type ScriptInput } from "../src/script.ts"
import type { Cluster } from "./cluster.ts"

export const run = <A>(effect: Effect.Effect<A, BackendError>) => Effect.runPromise(effect)
export const failure = (effect: Effect.Effect<unknown, BackendError>) => Effect.runPromise(Effect.flip(effect))

export const until = async (what: string, met: () => Promise<boolean> | boolean, seconds = 25) => {
  for (const deadline = Date.now() + seconds * 1000; !(await met()); await sleep(50))
    if (Date.now() > deadline) throw new Error(`in ${seconds} s it did not happen that ${what}`)
}

export interface TinyOrder {
  readonly steps: number
  /** Milliseconds of a step. */
  readonly pause: number
  readonly exit?: number
}

/** A message of the tiny worker. */
export interface Said {
  readonly _tag: string
  readonly step?: number
  readonly how?: string
  readonly environment?: Readonly<Record<string, string>>
}

export interface Submitted {
  readonly folder: string
  readonly id: string
  readonly script: string
  /** What the worker of each attempt at order `n` said, in the order of attempts. */
  readonly said: (n: number) => ReadonlyArray<{ readonly attempt: string; readonly messages: ReadonlyArray<Said> }>
  readonly steps: (n: number) => ReadonlyArray<number>
  readonly done: (n: number) => boolean
  readonly log: (name: string) => string
  /** Submits the same folder again. */
  readonly again: () => Promise<string>
}

export interface Workplace {
  readonly shared: string
  readonly client: Client
  readonly site: Site
  /** `tasks`: orders of each task of the array. */
  readonly submit: (
    name: string,
    tasks: ReadonlyArray<ReadonlyArray<TinyOrder>>,
    change?: Partial<ScriptInput> & { readonly folder?: string },
  ) => Promise<Submitted>
  readonly clear: () => void
}

const tinyWorker = fileURLToPath(new URL("tinyWorker.ts", import.meta.url))

const lines = (text: string) => text.split("\n").slice(0, -1)

const parsed = (text: string): ReadonlyArray<Said> => lines(text).map((line) => JSON.parse(line))

/** Where a driver of `cluster` would work; its own environment has a secret that must not get anywhere. */
export const workplaceOn = async (cluster: Cluster, options: Partial<SlurmOptions> = {}): Promise<Workplace> => {
  const shared = mkdtempSync(join(tmpdir(), "tt-shared-"))
  chmodSync(shared, 0o755)
  const site = await run(siteOf({ shared, timeoutSeconds: 10, signalSeconds: 60, ...options }))
  const env = {
    ...process.env,
    ...cluster.env,
    HF_TOKEN: "hf_secret",
    SBATCH_EXPORT: "ALL",
    SBATCH_PARTITION: "nowhere",
  }
  const host = localHost({ timeoutSeconds: site.timeoutSeconds, env })
  const client = slurmClient(host, site)
  return {
    shared,
    client,
    site,
    clear: () => rmSync(shared, { recursive: true, force: true }),
    submit: async (name, tasks, change = {}) => {
      const folder = join(shared, change.folder ?? name)
      const orders = tasks
        .flat()
        .map((order, i) => ({ id: i + 1, checkpoint: join(folder, `checkpoint-${i + 1}`), ...order }))
      const before = (task: number) => tasks.slice(0, task).flat().length
      const ranges = tasks.map((_, task) => `${before(task) + 1} ${before(task + 1)}\n`)
      const worker = [process.execPath, tinyWorker] as const
      const script = await run(
        jobScript({ site, name, tasks: tasks.length, worker, visibleSeconds: 1, ...change, folder }),
      )
      const path = join(folder, "job.sh")
      await run(
        host.writeFiles([
          { path: join(folder, "orders.jsonl"), content: orders.map((order) => `${JSON.stringify(order)}\n`).join("") },
          { path: join(folder, "tasks"), content: ranges.join("") },
          { path, content: script },
        ]),
      )
      const again = () => run(client.submit(path))
      const said: Submitted["said"] = (n) => {
        const home = join(folder, "journals", String(n))
        if (!existsSync(home)) return []
        const journals = readdirSync(home).filter((file) => file.endsWith(".jsonl"))
        return journals.sort().map((file) => ({
          attempt: file.slice(0, -".jsonl".length),
          messages: parsed(readFileSync(join(home, file), "utf8")),
        }))
      }
      return {
        folder,
        id: await again(),
        script,
        again,
        said,
        steps: (n) =>
          said(n).flatMap(({ messages }) => messages.flatMap(({ step }) => (step === undefined ? [] : [step]))),
        done: (n) => existsSync(join(folder, "journals", String(n), "done")),
        log: (file) => (existsSync(join(folder, "logs", file)) ? readFileSync(join(folder, "logs", file), "utf8") : ""),
      }
    },
  }
}
