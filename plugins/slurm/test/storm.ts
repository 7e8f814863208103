/**
 * Studies on a real Slurm whose nodes, controller, jobs and drivers are killed under them, and what is left of it all.
 *
 *     node --conditions=@ts/source plugins/slurm/test/storm.ts [--full] [--seed N] [--keep]
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { fileCheckpoints } from "@ts/backend"
import { Store } from "@ts/sweep"
import { Effect, Layer } from "effect"
import type { SlurmOptions } from "../src/index.ts"
import { startSite, type TestSite, workerOf } from "./site.ts"
import { type Driven, drive } from "./stormDrivers.ts"
import { draw, faults, jobProcesses, type Weather } from "./stormFaults.ts"
import { locally, measured, shortRuns, type Trainer, undisturbed } from "./stormStudies.ts"

export interface StormStudy {
  readonly name: string
  readonly trainer: Trainer
  readonly runs: number
  /** Of each run. */
  readonly tokens: number
  readonly options?: Partial<SlurmOptions>
}

export interface StormOptions {
  readonly seed: number
  readonly studies: ReadonlyArray<StormStudy>
  /** How often each fault happens. */
  readonly times: Readonly<Record<keyof typeof faults, number>>
  readonly downSeconds: number
  readonly tell?: (line: string) => void
  /** Leaves the folders, to be looked at. */
  readonly keep?: boolean
}

export interface Outcome {
  readonly figures: Readonly<Record<string, number>>
  readonly runs: number
  readonly readings: number
  readonly lost: number
  readonly doubled: number
  /** Readings with other bits than undisturbed, or that contradict each other. */
  readonly wrong: number
  /** Runs given up. */
  readonly failed: number
  readonly left: {
    readonly jobs: number
    readonly processes: number
    readonly submissions: number
    readonly runs: number
  }
}

/** Every start of a worker is written down, whatever becomes of it. */
const counted = (trainer: Trainer, file: string): NonNullable<SlurmOptions["worker"]> => [
  "sh",
  "-c",
  'echo "$SLURM_JOB_ID" >> "$0"; exec "$@"',
  file,
  ...workerOf(trainer),
]

const linesIn = (file: string): ReadonlyArray<string> =>
  existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : []

const foldersIn = (folder: string): ReadonlyArray<string> => (existsSync(folder) ? readdirSync(folder) : [])

/**
 * Submissions with orders that somebody might still wait for. Those that are done are not among them: a driver that was killed after it had
 * stored their results, and before it said so, leaves them to be forgotten a day later.
 */
export const openSubmissions = (jobs: string): ReadonlyArray<string> =>
  foldersIn(jobs).filter((id) => {
    const over = new Set(linesIn(join(jobs, id, "over")))
    return linesIn(join(jobs, id, "orders.jsonl")).some(
      (_, i) => !over.has(String(i + 1)) && !existsSync(join(jobs, id, "journals", String(i + 1), "done")),
    )
  })

/** How often each job of a submission has put itself back into the queue, as its log tells. */
const noteLimits = (logs: string, into: Map<string, number>) => {
  for (const name of foldersIn(logs).filter((name) => name.endsWith(".out"))) {
    const file = join(logs, name)
    into.set(file, linesIn(file).filter((line) => line.endsWith("in the queue again")).length)
  }
}

/** Faults in a random order, spread over the part of the studies in which there is something to disturb. */
const schedule = ({ seed, times }: StormOptions) =>
  Object.entries(times)
    .flatMap(([name, n]) => Array.from({ length: n }, (_, nth) => ({ name: name as keyof typeof faults, nth })))
    .map((fault) => ({ ...fault, rank: draw(seed, `${fault.name} ${fault.nth}`, 2 ** 31) }))
    .sort((a, b) => a.rank - b.rank)

export const outcomeOf = (driven: Driven, trainer: Trainer) =>
  measured(driven.study).pipe(
    Effect.provide(
      Layer.mergeAll(
        locally[trainer],
        Store.sqlite(join(driven.folder, "study.db")),
        fileCheckpoints(join(driven.folder, "checkpoints")).pipe(Layer.provide(NodeServices.layer)),
      ),
    ),
    Effect.runPromise,
  )

/** Looks until nothing is left of the jobs, for so long. */
export const settled = async (site: TestSite, seconds = 20) => {
  const left = async () => ({
    jobs: (await site.cluster.command("squeue", "-h", "-r", "-o", "%i")).split("\n").filter((id) => id !== "").length,
    processes: jobProcesses(site).length,
  })
  let now = await left()
  for (let i = 0; i < 5 * seconds && now.jobs + now.processes > 0; i++) {
    await sleep(200)
    now = await left()
  }
  return now
}

export const storm = async (options: StormOptions): Promise<Outcome> => {
  const { seed, studies, downSeconds, tell = () => {} } = options
  const began = performance.now()
  const figures = new Map<string, number>()
  const count = (what: string, times = 1) => void figures.set(what, (figures.get(what) ?? 0) + times)
  const planned = studies.map(({ name, runs, tokens }) => shortRuns(name, runs, tokens))
  const truths = await Promise.all(planned.map((study, i) => undisturbed(study, studies[i]!.trainer)))
  const site = await startSite({ lines: ["SlurmdTimeout=5"] })
  const seen = { submissions: new Set<string>(), jobs: new Set<string>(), limits: new Map<string, number>() }
  const starts = join(site.shared, "worker-starts")
  try {
    const drivers = planned.map((study, i) => {
      const { name, trainer, options: more } = studies[i]!
      const worker = counted(trainer, starts)
      return drive(
        join(site.shared, "studies", name),
        study,
        site.options(trainer, { name, worker, onInterrupt: "leave", timeoutSeconds: 5, ...more }),
      )
    })
    let over = false
    const done = Promise.all(drivers.map((driven) => driven.done)).finally(() => {
      over = true
    })
    const weather: Weather = { site, drivers, seed, downSeconds, count, over: () => over }
    const watching = (async () => {
      for (; !over; await sleep(200))
        for (const { options } of drivers)
          for (const id of foldersIn(join(site.shared, options.name!, "jobs"))) {
            if (options.time !== undefined)
              noteLimits(join(site.shared, options.name!, "jobs", id, "logs"), seen.limits)
            if (seen.submissions.has(id)) continue
            const tasks = join(site.shared, options.name!, "jobs", id, "tasks")
            const { length } = linesIn(tasks)
            if (length > 0) seen.submissions.add(id)
            for (let i = 0; i < length; i++) seen.jobs.add(`${id} ${i}`)
          }
    })()
    const total = truths.reduce((sum, { keys }) => sum + keys.size, 0)
    const readings = () => drivers.reduce((sum, driven) => sum + driven.readings(), 0)
    const weathers = schedule(options)
    for (const [i, { name, nth }] of weathers.entries()) {
      const from = 1 + (0.8 * i * total) / weathers.length
      while (!over && readings() < from) await sleep(200)
      if (over) break
      tell(`${((performance.now() - began) / 1000).toFixed(0)} s, ${readings()} of ${total} readings: ${name}`)
      await faults[name](weather, nth)
    }
    const failed = (await done).flat()
    await watching
    const left = await settled(site)
    const outcomes = await Promise.all(drivers.map((driven, i) => outcomeOf(driven, studies[i]!.trainer)))
    const sum = (of: (i: number) => number) => outcomes.reduce((total, _, i) => total + of(i), 0)
    const missing = (i: number) => [...truths[i]!.keys].filter((key) => !outcomes[i]!.keys.has(key)).length
    const other = (i: number) => {
      const truth = new Set(truths[i]!.lines)
      return outcomes[i]!.lines.filter((line) => !truth.has(line)).length
    }
    count(
      "driver starts",
      drivers.reduce((n, driven) => n + driven.starts, 0),
    )
    count(
      "driver starts refused",
      drivers.reduce((n, driven) => n + driven.refused, 0),
    )
    count(
      "retries",
      drivers.reduce((n, driven) => n + driven.retries.length, 0),
    )
    count(
      "time limits met",
      [...seen.limits.values()].reduce((n, times) => n + times, 0),
    )
    count("submissions", seen.submissions.size)
    count("jobs", seen.jobs.size)
    count("worker starts", linesIn(starts).length)
    count("seconds", Math.round((performance.now() - began) / 1000))
    return {
      figures: Object.fromEntries(figures),
      runs: studies.reduce((n, { runs }) => n + runs, 0),
      readings: sum((i) => outcomes[i]!.keys.size),
      lost: sum(missing),
      doubled: sum((i) => outcomes[i]!.doubled),
      wrong: sum((i) => other(i) + outcomes[i]!.inconsistent),
      failed: failed.length,
      left: {
        ...left,
        submissions: drivers.reduce(
          (n, { options }) => n + openSubmissions(join(site.shared, options.name!, "jobs")).length,
          0,
        ),
        runs: sum((i) => outcomes[i]!.left),
      },
    }
  } finally {
    if (options.keep) {
      tell(`kept: ${site.shared} and ${site.cluster.folder}`)
      await site.cluster.stop()
    } else await site.stop()
  }
}

export const sampledStorm: Omit<StormOptions, "seed"> = {
  studies: [
    { name: "law", trainer: "surrogate", runs: 24, tokens: 2 ** 16, options: { jobs: 12 } },
    { name: "cpu", trainer: "cpu", runs: 16, tokens: 2 ** 20, options: { jobs: 8 } },
  ],
  times: {
    ...{ nodeCrash: 1, powerFailure: 1, requeue: 2, cancel: 2, workerKilled: 1, controllerDown: 1, driverKilled: 2 },
  },
  downSeconds: 5,
}

const fullStorm: Omit<StormOptions, "seed"> = {
  studies: [
    { name: "law", trainer: "surrogate", runs: 200, tokens: 2 ** 16, options: { jobs: 60 } },
    { name: "cpu", trainer: "cpu", runs: 98, tokens: 2 ** 20, options: { jobs: 30 } },
    // Slurm counts limits in minutes: these meet theirs, and go on from where they were.
    {
      ...{ name: "long", trainer: "cpu", runs: 2, tokens: 2 ** 26 },
      options: { jobs: 2, time: "1min", signalSeconds: 20 },
    },
  ],
  times: {
    ...{ nodeCrash: 3, powerFailure: 2, requeue: 10, cancel: 10, workerKilled: 5, controllerDown: 1, driverKilled: 6 },
  },
  downSeconds: 30,
}

const printed = ({ figures, left, ...outcome }: Outcome): string =>
  [
    Object.entries(figures).map(([what, n]) => `${what}: ${n}`),
    Object.entries(outcome).map(([what, n]) => `${what}: ${n}`),
    Object.entries(left).map(([what, n]) => `${what} left behind: ${n}`),
  ]
    .map((line) => line.join(" · "))
    .join("\n")

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      full: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
    },
  })
  const { full, keep } = values
  const seed = Number(values.seed)
  console.log(`seed ${seed}`)
  const outcome = await storm({ seed, keep, ...(full ? fullStorm : sampledStorm), tell: console.log })
  console.log(printed(outcome))
  const { lost, doubled, wrong, failed, left } = outcome
  process.exitCode = [lost, doubled, wrong, failed, ...Object.values(left)].some((n) => n > 0) ? 1 : 0
}
