/**
 * One process that pretends to be many jobs: takes its share of the tasks of what was submitted, and writes their journals as a job's
 * script and its workers would, at the pace of real training.
 *
 *     node workers.ts '{"slurm":FOLDER,"share":[k,n],"slots":250,"seconds":60}'
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

export interface WorkersTask {
  readonly slurm: string
  /** The tasks k, k + n, k + 2n, ... of each array are of this process. */
  readonly share: readonly [k: number, n: number]
  /** Tasks at a time. */
  readonly slots: number
  /** Of one run. */
  readonly seconds: number
}

const { slurm, share, slots, seconds } = JSON.parse(process.argv[2]!) as WorkersTask
const [k, n] = share

export const capabilities = {
  backend: "simulated",
  device: "a clock",
  numerics: { f32: "simulated-v1" },
  ...{ maxLanes: 1, concurrency: 1, deterministic: true, branching: false, checkpoints: false },
  ...{ averages: false, noiseScale: false, synthetic: false, maxima: {} },
}

interface Task {
  readonly folder: string
  /** Of its array. */
  readonly orders: ReadonlyArray<string>
  readonly id: string
  readonly array: string
  readonly name: string
  readonly index: number
  readonly first: number
  readonly last: number
}

interface TrainOrder {
  readonly do: "train"
  readonly runs: ReadonlyArray<{
    readonly runId: string
    readonly assignment: {
      readonly until: number
      readonly evaluateAt: ReadonlyArray<number>
      readonly logEvery?: number
    }
  }>
}
type Order = TrainOrder | { readonly do: "describe" }

/** What a worker says of a run, and when: parts of its time. */
const storyOf = ({ runId, assignment: { until, evaluateAt, logEvery = until } }: TrainOrder["runs"][number]) => {
  const at = (tokens: number, event: { readonly _tag: string; readonly [field: string]: unknown }) => ({
    when: tokens / until,
    event: { ...event, runId, tokens },
  })
  const steps = Array.from({ length: Math.floor(until / logEvery) }, (_, i) => (i + 1) * logEvery)
  return [
    at(0, { _tag: "Started", numericsId: "simulated-v1", synthetic: false }),
    ...steps.map((tokens) => at(tokens, { _tag: "Stepped", step: tokens / 64, gradientNorm: 1, eta: 0.01 })),
    ...evaluateAt.map((tokens) =>
      at(tokens, {
        _tag: "Evaluated",
        requested: tokens,
        step: tokens / 64,
        ...{ average: "none", evaluation: "synthetic", loss: 3 },
      }),
    ),
    at(until, { _tag: "Finished", step: until / 64 }),
  ].sort((a, b) => a.when - b.when)
}

const waiting: Array<Task> = []
const running = new Set<Task>()

const work = async (task: Task) => {
  for (let line = task.first; line <= task.last; line++) {
    if (existsSync(join(task.folder, "stop"))) return
    const order = JSON.parse(task.orders[line - 1]!) as Order
    const folder = join(task.folder, "journals", String(line))
    mkdirSync(folder, { recursive: true })
    const attempt = `${task.array.padStart(10, "0")}.0000`
    writeFileSync(join(folder, "attempt"), `${attempt}\n`)
    let seq = 0
    const say = (message: object) =>
      appendFileSync(join(folder, `${attempt}.jsonl`), `${JSON.stringify({ seq: ++seq, ...message })}\n`)
    say({ _tag: "Hello", protocol: 1, worker: "simulated 1", needs: [], capabilities })
    if (order.do === "train") {
      const began = performance.now()
      for (const { when, event } of storyOf(order.runs[0]!)) {
        const due = began + 1000 * seconds * when - performance.now()
        if (due > 0) await sleep(due)
        // The time of day in place of a training loss: how late it is heard.
        say({ _tag: "Event", event: event._tag === "Stepped" ? { ...event, loss: Date.now() / 1000 } : event })
      }
    }
    say({ _tag: "End", how: "done" })
    writeFileSync(join(folder, "done"), "")
  }
}

const start = () => {
  while (running.size < slots && waiting.length > 0) {
    const task = waiting.shift()!
    running.add(task)
    // A submission is removed once it is collected.
    void work(task)
      .catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== "ENOENT") throw cause
      })
      .finally(() => {
        running.delete(task)
        start()
      })
  }
}

const lineOf = (state: string, reason: string) => (task: Task) =>
  `${task.id}|${task.array}|${task.index}|${state}|${task.name}|${reason}\n`

const known = new Set<string>()
for (;;) {
  for (const array of readdirSync(join(slurm, "accepted")).filter((id) => !id.startsWith("."))) {
    if (known.has(array)) continue
    known.add(array)
    const script = readFileSync(join(slurm, "accepted", array), "utf8").trim()
    const folder = dirname(script)
    const name = /^#SBATCH --job-name=(.*)$/m.exec(readFileSync(script, "utf8"))![1]!
    const orders = readFileSync(join(folder, "orders.jsonl"), "utf8").split("\n")
    const tasks = readFileSync(join(folder, "tasks"), "utf8").trim().split("\n")
    for (const [index, range] of tasks.entries()) {
      const [first, last] = range.split(" ").map(Number)
      if (index % n === k)
        waiting.push({ folder, orders, id: `${array}_${index}`, array, name, index, first: first!, last: last! })
    }
  }
  // Training does not begin all at once.
  for (let i = 0; i < 10; i++) {
    start()
    await sleep(50)
  }
  const lines = [...[...running].map(lineOf("RUNNING", "None")), ...waiting.map(lineOf("PENDING", "Resources"))]
  writeFileSync(join(slurm, `.queue.${k}`), lines.join(""))
  renameSync(join(slurm, `.queue.${k}`), join(slurm, `queue.${k}`))
}
