/** What happens to a cluster while studies run on it. */
import { createHash } from "node:crypto"
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, truncateSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { TestSite } from "./site.ts"
import type { Driven } from "./stormDrivers.ts"

export interface Weather {
  readonly site: TestSite
  readonly drivers: ReadonlyArray<Driven>
  readonly seed: number
  /** How long the controller stays down, seconds. */
  readonly downSeconds: number
  /** Faults that happened, by their names. */
  readonly count: (what: string, times?: number) => void
  /** Whether all studies are done: then nothing is left to disturb. */
  readonly over: () => boolean
}

export type Fault = (weather: Weather, nth: number) => Promise<void>

/** A whole number from 0 to below n. */
export const draw = (seed: number, what: string, n: number): number =>
  createHash("sha256").update(`${seed} ${what}`).digest().readUInt32BE() % n

/** Tasks of studies' jobs in a state, as commands take them. */
const tasks = async ({ site: { cluster } }: Weather, state: string): Promise<ReadonlyArray<string>> =>
  (await cluster.command("squeue", "-h", "-r", "-t", state, "-o", "%i")).split("\n").filter((id) => id !== "")

/** So many running tasks, once there are any. */
const someRunning = async (weather: Weather, what: string, most: number): Promise<ReadonlyArray<string>> => {
  while (!weather.over()) {
    const running = await tasks(weather, "R")
    if (running.length > 0) {
      const first = draw(weather.seed, what, running.length)
      return [...running.slice(first), ...running.slice(0, first)].slice(0, most)
    }
    await sleep(50)
  }
  return []
}

const processesOf = (variables: ReadonlyArray<string>): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0")
        return variables.every((variable) => environment.includes(variable))
      } catch {
        return false // ended meanwhile
      }
    })
    .map(Number)

/** Processes of jobs on the cluster: scripts and workers. */
export const jobProcesses = ({ cluster }: TestSite, ...variables: ReadonlyArray<string>): ReadonlyArray<number> =>
  processesOf([`SLURM_CLUSTER_NAME=${cluster.name}`, ...variables])

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1")
  } catch {
    return ""
  }
}

/** Journals of attempts at orders that are not done, by attempt. */
const openJournals = ({ site, drivers }: Weather): ReadonlyArray<string> =>
  drivers.flatMap(({ options }) => {
    const jobs = join(site.shared, options.name ?? "runs", "jobs")
    const names = (folder: string) => (existsSync(folder) ? readdirSync(folder) : [])
    return names(jobs).flatMap((submission) =>
      names(join(jobs, submission, "journals")).flatMap((line) => {
        const folder = join(jobs, submission, "journals", line)
        if (existsSync(join(folder, "done"))) return []
        return names(folder)
          .filter((name) => name.endsWith(".jsonl"))
          .map((name) => join(folder, name))
      }),
    )
  })

/** The last lines of what dead workers wrote: one half there, one half missing. */
const tear = (weather: Weather) => {
  for (const [i, path] of openJournals(weather).entries()) {
    try {
      if (i % 2 === 0) appendFileSync(path, '{"seq":7,"_tag":"Event","event":{"_tag":"Evalu')
      else truncateSync(path, Math.max(0, statSync(path).size - 9))
      weather.count("torn journals")
    } catch {} // collected meanwhile
  }
}

/** A command that gets no answer in time disturbs no study. */
const patiently = async (call: () => Promise<unknown>) => {
  await call().catch(() => undefined)
}

/** What was on it may keep a node from taking jobs for longer than anybody waits here. */
const startNode = ({ site: { cluster } }: Weather, node: string) => patiently(() => cluster.startNode(node))

const nodeCrash: Fault = async (weather, nth) => {
  const { site, seed, count } = weather
  const node = site.cluster.nodes[draw(seed, `crash ${nth}`, site.cluster.nodes.length)]!
  await someRunning(weather, node, 1)
  await site.cluster.killNode(node)
  count("node daemons killed, jobs live on")
  await sleep(1000)
  await startNode(weather, node)
}

/** All nodes, so that no worker writes while journals are torn. */
const powerFailure: Fault = async (weather) => {
  const { cluster } = weather.site
  while (!weather.over() && openJournals(weather).length === 0) await sleep(20)
  for (const node of cluster.nodes) await cluster.killNode(node, { jobs: true })
  weather.count("nodes down with their jobs", cluster.nodes.length)
  tear(weather)
  // Until the controller has noticed: jobs that a node has lost without that are missed only a minute later.
  const up = () => cluster.command("sinfo", "-h", "-t", "idle,mixed,allocated,completing", "-N", "-o", "%N %T")
  for (let waited = 0; waited < 20 && /^\S+ \w+$/m.test(await up()); waited++) await sleep(1000)
  for (const node of cluster.nodes) await startNode(weather, node)
}

const requeue: Fault = async (weather, nth) => {
  for (const id of await someRunning(weather, `requeue ${nth}`, 2))
    await patiently(async () => {
      await weather.site.cluster.command("scontrol", "requeue", id)
      weather.count("requeues")
    })
}

const cancel: Fault = async (weather, nth) => {
  for (const id of await someRunning(weather, `cancel ${nth}`, 2))
    await patiently(async () => {
      await weather.site.cluster.command("scancel", id)
      weather.count("cancels of running jobs")
    })
  const [waiting] = await tasks(weather, "PD")
  if (waiting !== undefined)
    await patiently(async () => {
      await weather.site.cluster.command("scancel", waiting)
      weather.count("cancels of waiting jobs")
    })
}

const workerKilled: Fault = async (weather, nth) => {
  await someRunning(weather, `worker ${nth}`, 1)
  const workers = jobProcesses(weather.site).filter((pid) => /\0worker\0--backend/.test(commandOf(pid)))
  const pid = workers[draw(weather.seed, `pid ${nth}`, Math.max(1, workers.length))]
  if (pid === undefined) return
  try {
    process.kill(pid, "SIGKILL")
    weather.count("workers killed")
  } catch {} // ended meanwhile
}

const controllerDown: Fault = async ({ site: { cluster }, downSeconds, count }) => {
  await cluster.stopController()
  await sleep(1000 * downSeconds)
  await cluster.startController()
  count("controller down, s", downSeconds)
}

const driverKilled: Fault = async ({ drivers, seed, count }, nth) => {
  const alive = drivers.filter(({ starts }) => starts > 0)
  await alive[draw(seed, `driver ${nth}`, alive.length)]!.kill()
  count("drivers killed")
}

export const faults = { nodeCrash, powerFailure, requeue, cancel, workerKilled, controllerDown, driverKilled }
