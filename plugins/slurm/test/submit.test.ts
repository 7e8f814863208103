/** Submissions whose answers are lost, and clusters that take few jobs at a time. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { BackendError } from "@ts/backend"
import { PROTOCOL } from "@ts/worker"
import { Effect, Fiber } from "effect"
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest"
import { slurmClient } from "../src/client.ts"
import { cancelAll } from "../src/jobs.ts"
import { type Order, openLedger } from "../src/ledger.ts"
import { openHost } from "../src/openHost.ts"
import { type SlurmOptions, siteOf } from "../src/options.ts"
import { makeSubmitter } from "../src/submit.ts"
import { clusterUnavailable, itOnCluster } from "./cluster.ts"
import { startSite, type TestSite } from "./site.ts"
import { itOverSsh, startSshd } from "./sshd.ts"
import { until } from "./submission.ts"

const PATH = process.env["PATH"]!
let site: TestSite
let folder: string
beforeAll(async () => {
  if (clusterUnavailable() === undefined) site = await startSite({ cpus: 4 })
}, 60_000)
afterAll(() => site?.stop())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tt-submit-"))
})
afterEach(() => {
  process.env["PATH"] = PATH
  rmSync(folder, { recursive: true, force: true })
})

/** A PATH whose `sbatch` notes each call and does as the lines say; `$script` is what is submitted. */
const pathWith = (...lines: ReadonlyArray<string>): string => {
  const bin = join(folder, "bin")
  mkdirSync(bin)
  const wrapper = ["#!/bin/sh", `PATH='${PATH}'`, "for script; do :; done", `echo >> '${folder}/calls'`, ...lines]
  writeFileSync(join(bin, "sbatch"), `${wrapper.join("\n")}\n`)
  chmodSync(join(bin, "sbatch"), 0o755)
  return `${bin}${delimiter}${PATH}`
}

const linesOf = (name: string) =>
  existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1) : []

interface Given extends Partial<SlurmOptions> {
  /** What an order takes. */
  readonly seconds?: number
  readonly jobs?: number
}

/** A driver that does nothing but submit. */
const opened = ({ seconds = 0, jobs = 1000, ...more }: Given) =>
  Effect.gen(function* () {
    const worker = [
      "cat > /dev/null",
      `cd '${folder}'; echo "$SLURM_ARRAY_JOB_ID" >> started; : > at-work.$SLURM_JOB_ID`,
      "ls | grep -c '^at-work' >> together",
      `sleep ${seconds}; rm at-work.$SLURM_JOB_ID`,
    ]
    const options = yield* siteOf({
      ...site.options("surrogate"),
      worker: ["sh", "-c", worker.join("\n")],
      shared: folder,
      ...more,
    })
    const host = yield* openHost(options)
    const client = slurmClient(host, options)
    const nameOf = (id: string) => `tt-submit-${id}`
    const root = `${folder}/study`
    const ledger = yield* openLedger(host, client, root, nameOf)
    const making = { root, nameOf, worker: options.worker!, maxTasks: 1000, jobs }
    const submitter = yield* makeSubmitter(host, client, options, ledger, making)
    const document = () => ({ protocol: PROTOCOL, do: "describe" }) as const
    return {
      submit: Effect.suspend(() => submitter.submit(document, 600, () => Effect.void)),
      collect: (order: Order) => ledger.collect(order, []),
      cancel: cancelAll(host, client, options, root, nameOf),
    }
  })

/** Submits so many orders at once and waits until each is done; the array that each was worked on by. */
const workOff = (orders: number, given: Given): Promise<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    const { submit, collect } = yield* opened(given)
    const one = Effect.gen(function* () {
      const order = yield* submit
      while (!existsSync(`${order.folder}/done`)) yield* Effect.sleep("50 millis")
      yield* collect(order)
    })
    yield* Effect.all(Array<typeof one>(orders).fill(one), { concurrency: "unbounded" })
    return linesOf("started")
  }).pipe(Effect.scoped, Effect.runPromise)

itOverSsh("a connection that is cut for long during sbatch: one job, and no second", { timeout: 90_000 }, async () => {
  const path = pathWith(
    `mkdir '${folder}/once' 2>/dev/null || exec sbatch "$@"`,
    `setsid sbatch "$@" > '${folder}/through' 2>&1`,
    "sleep 60",
  )
  const sshd = await startSshd({ ...site.cluster.env, PATH: path })
  try {
    const done = workOff(2, { host: sshd.host, timeoutSeconds: 5, seconds: 15 })
    await until("it got through", () => linesOf("through").length > 0)
    await sshd.pause()
    await sleep(12_000)
    await sshd.start()
    const [id] = linesOf("through")
    expect(await done).toEqual([id, id])
    expect(linesOf("calls")).toHaveLength(1)
  } finally {
    await sshd.stop()
  }
})

itOnCluster("an sbatch that fails though it got through is not repeated", { timeout: 60_000 }, async () => {
  const says = "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation"
  process.env["PATH"] = pathWith(`sbatch "$@" > '${folder}/through'`, `echo '${says}' >&2; exit 1`)
  const started = await workOff(3, {})
  expect(linesOf("calls")).toHaveLength(1)
  expect(started).toEqual(Array(3).fill(linesOf("through")[0]))
})

itOnCluster(
  "an sbatch that never got through is made up for, and what it left is void",
  { timeout: 60_000 },
  async () => {
    const says = "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation"
    process.env["PATH"] = pathWith(
      `mkdir '${folder}/once' 2>/dev/null || exec sbatch "$@"`,
      `echo '${says}' >&2; exit 1`,
    )
    expect(await workOff(2, {})).toHaveLength(2)
    expect(linesOf("calls")).toHaveLength(2)
  },
)

/** What `MaxSubmitJobs` does: an array that would be too many is refused as a whole. */
const atMost = (most: number) => [
  'tasks=$(sed -n "s/^#SBATCH --array=0-\\([0-9]*\\).*/\\1/p" "$script")',
  `if [ $((tasks + 1 + $(squeue -h -r | wc -l))) -gt ${most} ]; then`,
  "  echo 'sbatch: error: QOSMaxSubmitJobPerUserLimit' >&2",
  "  echo 'sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit)' >&2",
  "  exit 1",
  "fi",
  'exec sbatch "$@"',
]

itOnCluster("a cluster that takes three jobs at a time gets three at a time", { timeout: 90_000 }, async () => {
  process.env["PATH"] = pathWith(...atMost(3))
  expect(await workOff(8, {})).toHaveLength(8)
})

itOnCluster("one that takes none says which option may help", { timeout: 60_000 }, async () => {
  process.env["PATH"] = pathWith(...atMost(0))
  const error = (await workOff(4, {}).catch((cause: unknown) => cause)) as BackendError
  expect(error).toMatchObject({ field: "jobs", retryable: true })
  expect(error.message).toMatch(/may not have so many submitted; set jobs to less/)
  expect(linesOf("calls").length).toBeLessThan(10)
})

itOnCluster("no more jobs run than the option jobs says", { timeout: 60_000 }, async () => {
  expect(await workOff(6, { jobs: 2, seconds: 1 })).toHaveLength(6)
  expect(Math.max(...linesOf("together").map(Number))).toBe(2)
})

itOnCluster(
  "a study that is cancelled beside its driver stays cancelled, until the next one",
  { timeout: 60_000 },
  () =>
    Effect.gen(function* () {
      const driver = yield* opened({ seconds: 60 })
      yield* driver.submit
      yield* Effect.promise(() => until("it is at work", () => linesOf("started").length === 1))
      expect(yield* driver.cancel).toBe(1)
      const refused = yield* Effect.flip(driver.submit)
      expect(refused).toMatchObject({ retryable: false, message: "this study was cancelled; run it again to go on" })
      const next = yield* opened({})
      const order = yield* next.submit
      yield* Effect.promise(() => until("it is done", () => existsSync(`${order.folder}/done`)))
    }).pipe(Effect.scoped, Effect.runPromise),
)

itOnCluster("a submission that is on its way when its study is cancelled comes to nothing", { timeout: 60_000 }, () => {
  process.env["PATH"] = pathWith("sleep 2", 'exec sbatch "$@"')
  return Effect.gen(function* () {
    const driver = yield* opened({ graceSeconds: 1 })
    const submitted = yield* Effect.forkChild(driver.submit)
    yield* Effect.promise(() => until("sbatch is called", () => linesOf("calls").length === 1))
    yield* driver.cancel
    const { submission } = yield* Fiber.join(submitted)
    const queue = () => site.cluster.command("squeue", "-h", "-j", submission.jobId).catch(() => "")
    yield* Effect.promise(() => until("it has ended", async () => (await queue()) === ""))
    expect(linesOf("started")).toEqual([])
  }).pipe(Effect.scoped, Effect.runPromise)
})
