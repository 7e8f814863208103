import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BackendError } from "@ts/backend"
import { Effect, Logger } from "effect"
import { afterAll, beforeAll, expect, it } from "vitest"
import { type Client, slurmClient } from "../src/client.ts"
import { localHost } from "../src/localHost.ts"
import { openHost } from "../src/openHost.ts"
import { type SlurmOptions, siteOf } from "../src/options.ts"
import { type Cluster, clusterUnavailable, itOnCluster, startCluster } from "./cluster.ts"
import { sshdUnavailable, startSshd } from "./sshd.ts"
import { failure, run, until } from "./submission.ts"

let cluster: Cluster

beforeAll(async () => {
  if (clusterUnavailable() !== undefined) return
  cluster = await startCluster({
    lines: ["MinJobAge=5", "EnforcePartLimits=ALL", "MaxArraySize=100"],
    partitions: [
      "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP",
      "PartitionName=short Nodes=n1 MaxTime=01:30:00 DefaultTime=10 State=UP",
      "PartitionName=closed Nodes=n1 State=DOWN",
    ],
  })
})
afterAll(() => cluster?.stop())

const clientWith = async (options: Partial<SlurmOptions> = {}, env: NodeJS.ProcessEnv = {}): Promise<Client> => {
  const site = await run(siteOf({ shared: "/scratch", timeoutSeconds: 4, ...options }))
  return slurmClient(
    localHost({ timeoutSeconds: site.timeoutSeconds, env: { ...process.env, ...cluster?.env, ...env } }),
    site,
  )
}

const folder = mkdtempSync(join(tmpdir(), "tt-client-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let scripts = 0
const sleeper = (...directives: ReadonlyArray<string>): string => {
  const path = join(folder, `${scripts++}.sh`)
  const lines = ["--output=/dev/null", ...directives].map((line) => `#SBATCH ${line}`)
  writeFileSync(path, ["#!/bin/sh", ...lines, "exec sleep 600", ""].join("\n"), { mode: 0o700 })
  return path
}

itOnCluster("submits, lists, requeues, cancels and tells what became of it", async () => {
  const client = await clientWith()
  const script = sleeper("--job-name=tt-queue", "--array=0-5%3", "--requeue")
  const id = await run(client.submit(script))
  const other = await run(client.submit(sleeper("--job-name=other")))
  await until(
    "three run",
    async () => (await run(client.queue(["tt-queue"]))).filter(({ state }) => state === "RUNNING").length === 3,
  )
  const queue = await run(client.queue(["tt-queue", "no-such"]))
  expect(queue.map((task) => [task.id, task.arrayId, task.task]).sort()).toEqual(
    [0, 1, 2, 3, 4, 5].map((task) => [`${id}_${task}`, id, task]),
  )
  expect(queue.find(({ state }) => state === "PENDING")).toMatchObject({
    name: "tt-queue",
    reason: "JobArrayTaskLimit",
  })
  expect((await run(client.queue())).map(({ name }) => name)).toContain("other")
  expect(await run(client.queue([]))).toEqual([])

  await run(client.requeue(`${id}_0`))
  const tasks = [0, 1, 2, 3, 4, 5].map((task) => `${id}_${task}`)
  const fate = await run(client.fate([...tasks, "99999_0"]))
  expect([...fate.keys()].sort()).toEqual(tasks)
  expect([1, 5].map((task) => fate.get(`${id}_${task}`)?.state)).toEqual(["RUNNING", "PENDING"])

  await run(client.cancel([`${id}_1`, `${id}_5`, "99999"]))
  await run(client.cancel([id, other, id]))
  await until("none is left", async () => (await run(client.queue())).length === 0)
  expect((await run(client.fate([`${id}_1`]))).get(`${id}_1`)).toMatchObject({ state: "CANCELLED" })
})

itOnCluster("knows the limits of the partition", async () => {
  expect(await run((await clientWith()).limits)).toEqual({
    maxArraySize: 100,
    partition: { name: "main", maxMinutes: undefined, cpus: 4 },
  })
  expect((await run((await clientWith({ partition: "short,main" })).limits)).partition).toEqual({
    ...{ name: "short", maxMinutes: 90, cpus: 2 },
  })
  expect(await failure((await clientWith({ partition: "gpu" })).limits)).toMatchObject({
    field: "partition",
    message: expect.stringMatching(/partition is "gpu", which this cluster does not have; it has main, short, closed/),
  })
  const said: Array<unknown> = []
  const ears = Logger.layer([Logger.make(({ message }) => said.push(String(message)))])
  await run(Effect.provide((await clientWith({ partition: "closed" })).limits, ears))
  expect(said).toEqual([expect.stringMatching(/partition closed is DOWN: its jobs wait until it is up/)])
})

const directive = (name: keyof SlurmOptions, value: unknown) =>
  `--${{ cpusPerTask: "cpus-per-task", memory: "mem" }[name as string] ?? name}=${value}`

itOnCluster("says which setting was refused, and the way out", async () => {
  const refusals: ReadonlyArray<readonly [Partial<SlurmOptions>, string, RegExp]> = [
    [{ partition: "gpu" }, "partition", /partition is "gpu".*it has main, short, closed/],
    [{ gres: "gpu:8" }, "gres", /gres is "gpu:8", which no node has/],
    [{ constraint: "icelake" }, "constraint", /constraint is "icelake", which no node meets/],
    [{ nodelist: "n7" }, "nodelist", /nodelist is "n7"/],
    [{ memory: "900G" }, "memory|partition", /memory.* "900G"/],
    [{ cpusPerTask: 64 }, "cpusPerTask|partition", /cpusPerTask.* 64/],
    [{ partition: "short", time: "120" }, "time", /time is "120", which is over the limit of partition "short"/],
  ]
  for (const [options, field, message] of refusals) {
    const directives = Object.entries(options).map(([name, value]) => directive(name as keyof SlurmOptions, value))
    const error = await failure((await clientWith(options)).submit(sleeper(...directives)))
    expect(error.message).toMatch(message)
    expect(error.field).toMatch(new RegExp(`^(${field})$`))
    expect(error).toMatchObject({ backend: "slurm", reason: "Unavailable", retryable: false })
  }
  expect(await failure((await clientWith()).submit(sleeper("--array=0-1000")))).toMatchObject({
    message: expect.stringMatching(/larger than MaxArraySize/),
  })
  expect(await failure((await clientWith()).submit(sleeper("--no-such-thing=1")))).toMatchObject({ field: "script" })
})

itOnCluster("a controller that is away is a matter of time", { timeout: 50_000 }, async () => {
  const client = await clientWith({ timeoutSeconds: 2 })
  await cluster.stopController()
  const calls: ReadonlyArray<Effect.Effect<unknown, BackendError>> = [
    client.queue(),
    client.limits,
    client.submit(sleeper()),
    client.cancel(["1"]),
    client.fate(["1_0"]),
  ]
  const start = Date.now()
  for (const error of await Promise.all(calls.map((call) => failure(call)))) {
    expect(error).toMatchObject({ reason: "Unavailable", retryable: true })
    expect(error.message).toMatch(/no answer in 2 s|controller cannot be reached/)
  }
  // Six times 2 s, and 8 s between them.
  expect(Date.now() - start).toBeLessThan(25_000)
  await cluster.startController()
  expect(await run(client.queue(["nothing"]))).toEqual([])
})

const both: typeof it = sshdUnavailable() === undefined || process.env["CI"] ? itOnCluster : (it.skip as typeof it)

both("works the same from afar", async () => {
  const sshd = await startSshd(cluster.env)
  const far = Effect.gen(function* () {
    const site = yield* siteOf({ shared: "/scratch", timeoutSeconds: 10, host: sshd.host })
    const client = slurmClient(yield* openHost(site), site)
    const id = yield* client.submit(sleeper("--job-name=it-s-far", "--array=0-1"))
    const queue = yield* client.queue(["it-s-far"])
    yield* client.cancel([id])
    return [queue.map((task) => task.id).sort(), [`${id}_0`, `${id}_1`]]
  })
  try {
    const [seen, expected] = await run(Effect.scoped(far))
    expect(seen).toEqual(expected)
  } finally {
    await sshd.stop()
  }
})

it("without Slurm it names the way to one", async () => {
  const bin = mkdtempSync(join(tmpdir(), "tt-bin-"))
  mkdirSync(bin, { recursive: true })
  for (const command of ["sh", "env", "sed"]) symlinkSync(`/usr/bin/${command}`, join(bin, command))
  try {
    const client = await clientWith({}, { PATH: bin })
    const calls: Record<string, Effect.Effect<unknown, BackendError>> = {
      sbatch: client.submit(sleeper()),
      squeue: client.queue(),
    }
    for (const [command, call] of Object.entries(calls))
      expect(await failure(call)).toMatchObject({
        field: "host",
        retryable: false,
        message: expect.stringMatching(
          new RegExp(`there is no ${command} on this machine, so no Slurm; .*load its module, or give one as host`),
        ),
      })
  } finally {
    rmSync(bin, { recursive: true, force: true })
  }
})
