/**
 * What a driver of many concurrent runs on a cluster costs: see README.md.
 *
 *     node --conditions=@ts/source bench/slurm/run.ts [--workers 1000] [--runs 4000] [--seconds 60] [--set pollSeconds=2] [--strace 20] [--stop 300]
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import type { SlurmOptions } from "../../plugins/slurm/src/index.ts"
import type { DriverTask, Sample } from "./driver.ts"
import { callsIn, fakeSlurm } from "./fakeSlurm.ts"
import type { WorkersTask } from "./workers.ts"

const { values } = parseArgs({
  options: {
    workers: { type: "string", default: "1000" },
    runs: { type: "string", default: "4000" },
    seconds: { type: "string", default: "60" },
    events: { type: "string", default: "16" },
    every: { type: "string", default: "15" },
    set: { type: "string", multiple: true, default: [] },
    strace: { type: "string" },
    /** After so many seconds, with runs left. */
    stop: { type: "string", default: "Infinity" },
    profile: { type: "boolean", default: false },
  },
})
const [workers, runs, seconds] = [Number(values.workers), Number(values.runs), Number(values.seconds)]
const PROCESSES = 4
const started: Array<ChildProcess> = []
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130))
process.once("exit", () => {
  for (const child of started) child.kill("SIGKILL")
})

const folder = mkdtempSync(join(tmpdir(), "tt-bench-slurm-"))
const slurm = join(folder, "slurm")
mkdirSync(join(folder, "shared"))
const PATH = fakeSlurm(slurm, workers)

const start = (file: string, task: WorkersTask | DriverTask, flags: ReadonlyArray<string> = []) => {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(process.execPath, ["--conditions=@ts/source", ...flags, path, JSON.stringify(task)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PATH },
  })
  started.push(child)
  return child
}

/** File operations of a process, a second: `strace` slows it down, so that nothing else is measured meanwhile. */
const traced = async (pid: number, forSeconds: number) => {
  const child = spawn("strace", ["-f", "-c", "-p", String(pid)], { stdio: ["ignore", "ignore", "pipe"] })
  let text = ""
  child.stderr.setEncoding("utf8").on("data", (part) => {
    text += part
  })
  await sleep(1000 * forSeconds)
  child.kill("SIGINT")
  await new Promise((resolve) => child.once("close", resolve))
  const wanted =
    /^(statx?|openat|read|pread64|getdents64|close|write|pwrite64|rename|unlink(at)?|rmdir|mkdir|fdatasync|fsync)$/
  for (const line of text.split("\n")) {
    const fields = line.trim().split(/\s+/)
    const [calls, name] = [Number(fields[3]), fields.at(-1)!]
    if (wanted.test(name)) console.log(`  ${name}: ${(calls / forSeconds).toFixed(1)} a second`)
  }
}

try {
  for (let k = 0; k < PROCESSES; k++)
    start("workers.ts", { slurm, share: [k, PROCESSES], slots: workers / PROCESSES, seconds })
  const settings = Object.fromEntries(
    values.set.map((one) => [one.slice(0, one.indexOf("=")), JSON.parse(one.slice(one.indexOf("=") + 1))]),
  )
  const options: SlurmOptions = { shared: join(folder, "shared"), worker: ["worker"], jobs: workers, ...settings }
  const driver = start(
    "driver.ts",
    { folder, options, runs, logEvery: 2 ** 16 / Number(values.events), everySeconds: Number(values.every) },
    ["--expose-gc", ...(values.profile ? ["--cpu-prof", `--cpu-prof-dir=${tmpdir()}/tt-bench-profile`] : [])],
  )
  let before: Sample = { seconds: 0, cpu: 0, events: 0, runs: 0, heap: 0, rss: 0, late: 0, latest: 0 }
  console.log("     s   runs  events  events/s  cpu %  ms/event  ms/run  heap MiB  rss MiB  late s (median, most)")
  let tracing: Promise<void> | undefined
  for await (const line of createInterface({ input: driver.stdout! })) {
    const now = JSON.parse(line) as Sample
    const [time, cpu, events] = [now.seconds - before.seconds, now.cpu - before.cpu, now.events - before.events]
    const ended = now.runs - before.runs
    const columns = [
      ...[now.seconds.toFixed(0).padStart(6), String(now.runs).padStart(6), String(now.events).padStart(7)],
      ...[(events / time).toFixed(0).padStart(9), ((100 * cpu) / time).toFixed(1).padStart(6)],
      ...[((1000 * cpu) / events).toFixed(2).padStart(9), ((1000 * cpu) / ended).toFixed(1).padStart(7)],
      ...[now.heap.toFixed(0).padStart(9), now.rss.toFixed(0).padStart(8)],
      ...[now.late.toFixed(1).padStart(7), now.latest.toFixed(1)],
    ]
    console.log(columns.join(" "))
    if (values.strace !== undefined && now.runs > 0) tracing ??= traced(driver.pid!, Number(values.strace))
    before = now
    if (now.seconds > Number(values.stop)) break
  }
  await tracing
  const { seconds: time, cpu, events, runs: done } = before
  console.log(
    `${done} runs, ${events} events in ${time.toFixed(0)} s: ${((1000 * cpu) / done).toFixed(1)} ms of processor a run, ${((1000 * cpu) / events).toFixed(2)} an event`,
  )
  for (const [name, calls] of Object.entries(callsIn(slurm)))
    console.log(`  ${name}: ${((60 * calls) / time).toFixed(1)} calls a minute`)
} finally {
  for (const child of started) child.kill("SIGKILL")
  await sleep(200)
  rmSync(folder, { recursive: true, force: true })
}
