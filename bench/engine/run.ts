/**
 * What the engine costs beside training: see ../README.md.
 *
 *     pnpm exec node --conditions=@ts/source bench/engine/run.ts [--check] [--runs 10000] [--cells 100000]
 *
 * With `--check` the exit code is 1 where a target is missed. Every measurement is a process of its own.
 */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const { values } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    runs: { type: "string", default: "10000" },
    cells: { type: "string", default: "100000" },
  },
})
const runs = Number(values.runs)
const cells = Number(values.cells)

interface Swept {
  readonly runs: number
  readonly events: number
  readonly seconds: number
  readonly cpu: number
  readonly plan: number
  readonly kept: number
  readonly rss: number
}

interface Time {
  readonly seconds: number
  readonly cpu: number
}

interface Looked {
  readonly runs: number
  readonly plan: Time
  readonly status: Time
  readonly again: Time
}

const measure = <A>(what: "sweep" | "look", count: number): A => {
  const file = fileURLToPath(new URL("measure.ts", import.meta.url))
  const child = spawnSync(process.execPath, ["--expose-gc", "--conditions=@ts/source", file, what, String(count)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  })
  if (child.status !== 0) throw new Error(`measuring ${what} ${count} failed`)
  return JSON.parse(child.stdout) as A
}

const missed: Array<string> = []
const target = (what: string, value: number, most: number, unit: string) => {
  const text = `${what}: ${value.toFixed(2)} ${unit}, target ${most}`
  console.log(`${value <= most ? "ok     " : "MISSED "} ${text}`)
  if (value > most) missed.push(text)
}

const MiB = 2 ** 20
console.log("runs    events   ms/run  CPU ms/run  heap of the plan  left on the heap  most resident")
const swept = [runs / 5, runs].map((count) => {
  const s = measure<Swept>("sweep", count)
  console.log(
    `${String(s.runs).padEnd(7)} ${String(s.events).padEnd(8)} ${((1000 * s.seconds) / s.runs).toFixed(2).padStart(6)}  ${((1000 * s.cpu) / s.runs).toFixed(2).padStart(10)}  ${(s.plan / MiB).toFixed(1).padStart(12)} MiB  ${(s.kept / MiB).toFixed(1).padStart(12)} MiB  ${(s.rss / MiB).toFixed(0).padStart(9)} MiB`,
  )
  return s
}) as [Swept, Swept]

console.log("\ncells    plan s (CPU)   status s (CPU)  plan of what is done s (CPU)")
const show = ({ seconds, cpu }: Time) => `${seconds.toFixed(2)} (${cpu.toFixed(2)})`
const looked = [cells / 10, cells].map((count) => {
  const l = measure<Looked>("look", count)
  console.log(`${String(l.runs).padEnd(8)} ${show(l.plan).padEnd(14)} ${show(l.status).padEnd(15)} ${show(l.again)}`)
  return l
}) as [Looked, Looked]

console.log("")
const [few, all] = swept
const [some, many] = looked
target(`engine time of ${all.runs} runs`, (1000 * all.seconds) / all.runs, 5, "ms a run")
target("left on the heap by a run", Math.max(0, all.kept - few.kept) / (all.runs - few.runs), 256, "bytes")
target(`plan of ${many.runs} cells`, many.plan.cpu, 1, "s of processor")
target(`status of ${many.runs} runs`, many.status.cpu, 1, "s of processor")
const growth = (of: (l: Looked) => Time) => of(many).cpu / of(some).cpu
console.log(
  `ten times the cells: plan x ${growth((l) => l.plan).toFixed(1)}, status x ${growth((l) => l.status).toFixed(1)}`,
)
if (values.check && missed.length > 0) process.exitCode = 1
