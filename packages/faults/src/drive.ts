/** Starts drivers as processes of their own. */
import { type ChildProcess, spawn } from "node:child_process"
import { tmpdir } from "node:os"
import { dirname, extname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { Summary } from "@ts/sweep"
import type { DriverTask } from "./driverTask.ts"

const here = typeof __filename === "string" ? __filename : fileURLToPath(import.meta.url)
const fromSource = extname(here) === ".ts"

/** The command that drives, for a shell or `spawn`. */
export const driverCommand = (task: DriverTask): ReadonlyArray<string> => {
  const { driver } = task.backend
  const file = driver ?? join(dirname(here), fromSource ? "driver.ts" : "driver.js")
  return [
    process.execPath,
    ...(fromSource && driver === undefined ? ["--conditions=@ts/source"] : []),
    file,
    JSON.stringify(task),
  ]
}

export interface Ended {
  readonly killed: boolean
  /** Of a sweep that came to its end. */
  readonly summary?: Summary
  /** Of a sweep that was refused or failed with an error of its type. */
  readonly error?: { readonly _tag: string; readonly reason: string; readonly message: string }
}

export interface Driving {
  readonly process: ChildProcess
  /** It has the store, or has ended. */
  readonly began: Promise<void>
  /** It is frozen, or has ended. */
  readonly stopped: Promise<void>
  /** Fails when the driver ends in any other way than those of `Ended`. */
  readonly ended: Promise<Ended>
}

/** Node's cache of compiled modules halves the time that a process takes to start. */
export const driverEnvironment = () => ({
  ...process.env,
  NODE_COMPILE_CACHE: join(tmpdir(), "tt-faults-compiled"),
  NODE_OPTIONS: undefined,
})

export const startCommand = ([command, ...args]: ReadonlyArray<string>): Driving => {
  const child = spawn(command!, args, { stdio: ["ignore", "pipe", "pipe"], env: driverEnvironment() })
  const said = new Map<string, string>()
  let errors = ""
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors += text
  })
  const { promise: began, resolve: begin } = Promise.withResolvers<void>()
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
  createInterface({ input: child.stdout }).on("line", (line) => {
    const space = line.indexOf(" ")
    if (space > 0) said.set(line.slice(0, space), line.slice(space + 1))
    if (line === "began") begin()
    if (line === "stopped") stop()
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code, signal) => {
      begin()
      stop()
      const killed = signal === "SIGKILL" || code === 137
      const [summary, error] = [said.get("summary"), said.get("error")]
      if (killed || summary !== undefined || error !== undefined) {
        resolve({
          killed,
          ...(summary === undefined ? {} : { summary: JSON.parse(summary) }),
          ...(error === undefined ? {} : { error: JSON.parse(error) }),
        })
      } else reject(new Error(`the driver ended with ${code ?? signal}, saying neither how it went nor why: ${errors}`))
    })
  })
  return { process: child, began, stopped, ended }
}

export const startDriver = (task: DriverTask): Driving => startCommand(driverCommand(task))
export const drive = (task: DriverTask): Promise<Ended> => startDriver(task).ended
