/** Drivers that are started again until their study is done, as a user would. */
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { Study } from "@ts/sweep"
import type { SlurmOptions } from "../src/index.ts"
import type { DriverTask } from "./stormDriver.ts"

const program = fileURLToPath(new URL("stormDriver.ts", import.meta.url))

export interface Driven {
  readonly folder: string
  readonly study: Study
  readonly options: SlurmOptions
  /** Drivers started so far. */
  starts: number
  /** Of those, how many ended with an error, as when the controller is down while they start. */
  refused: number
  /** Jobs that came to grief, as the driver tells it. */
  readonly retries: Array<string>
  /** Readings in the store. */
  readonly readings: () => number
  /** Ends the driver at once; it is started again. */
  readonly kill: () => Promise<void>
  /** Ctrl-C: it is not started again. */
  readonly interrupt: () => Promise<void>
  /** Once the study is done, or interrupted: what its last driver gave up. */
  readonly done: Promise<ReadonlyArray<unknown>>
}

const readingsIn = (file: string): number => {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite")
  try {
    const db = new DatabaseSync(file, { readOnly: true, timeout: 1000 })
    try {
      return Number(db.prepare("SELECT count(*) AS n FROM readings").get()!["n"])
    } finally {
      db.close()
    }
  } catch {
    return 0 // not there yet
  }
}

export interface DrivingOptions {
  /** Of the driver's process, beside this one's. */
  readonly env?: NodeJS.ProcessEnv
}

export const drive = (
  folder: string,
  study: Study,
  options: SlurmOptions,
  { env = {} }: DrivingOptions = {},
): Driven => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "study.json"), JSON.stringify(study))
  const task: DriverTask = { folder, options }
  let child: ChildProcess | undefined
  let ended: Promise<unknown> = Promise.resolve()
  let interrupted = false

  /** One driver's life; gives its summary if it came to that. */
  const live = async (): Promise<ReadonlyArray<unknown> | undefined> => {
    const log = openSync(join(folder, "driver.log"), "a")
    const started = spawn(process.execPath, ["--conditions=@ts/source", program, JSON.stringify(task)], {
      stdio: ["ignore", "pipe", log],
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: join(tmpdir(), "time-transfer-test-compiled"),
        NODE_OPTIONS: undefined,
        ...env,
      },
    })
    closeSync(log)
    child = started
    driven.starts++
    const exit = new Promise<void>((resolve) => started.once("close", () => resolve()))
    ended = exit
    let summary: ReadonlyArray<unknown> | undefined
    for await (const line of createInterface({ input: started.stdout! })) {
      const [word, rest] = [line.split(" ", 1)[0]!, line.slice(line.indexOf(" ") + 1)]
      if (word === "summary") summary = JSON.parse(rest)
      if (word === "retrying") driven.retries.push(rest)
      if (word === "error") driven.refused++
      if (word === "interrupted") interrupted = true
    }
    await exit
    return summary
  }

  // Whoever gives up in the middle leaves no driver behind.
  process.once("exit", () => child?.kill("SIGKILL"))

  const driven: Driven = {
    ...{ folder, study, options, starts: 0, refused: 0, retries: [] },
    readings: () => readingsIn(join(folder, "study.db")),
    kill: async () => {
      child?.kill("SIGKILL")
      await ended
    },
    interrupt: async () => {
      interrupted = true
      child?.kill("SIGINT")
      await ended
    },
    done: Promise.resolve().then(async () => {
      for (;;) {
        const summary = await live()
        if (summary !== undefined || interrupted) return summary ?? []
        await sleep(200)
      }
    }),
  }
  return driven
}
