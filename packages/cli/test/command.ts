/** Runs the real command, from the sources, as a process of its own. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll } from "vitest"

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))
const folders: Array<string> = []

/** A new folder that is gone after the file's tests. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "tt-cli-"))
  folders.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

export interface Ended {
  /** Exit code; `null` when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly process: ChildProcess
  /** Everything said on stderr so far. */
  readonly said: () => string
  readonly ended: Promise<Ended>
}

export interface Where {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What it reads on stdin. */
  readonly input?: string
}

export const start = (args: ReadonlyArray<string>, { cwd, env = {}, input = "" }: Where): Running => {
  const child = spawn(process.execPath, ["--conditions=@ts/source", bin, ...args], {
    cwd,
    // Node's cache of compiled modules halves the time that a process takes to start.
    env: {
      ...process.env,
      XDG_CACHE_HOME: join(cwd, ".cache"),
      NODE_COMPILE_CACHE: join(tmpdir(), "tt-cli-compiled"),
      NODE_OPTIONS: undefined,
      HF_TOKEN: undefined,
      FORCE_COLOR: undefined,
      ...env,
    },
    stdio: ["pipe", "pipe", "pipe"],
  })
  // One that ends without reading it is none the worse.
  child.stdin.on("error", () => {}).end(input)
  let stdout = ""
  let stderr = ""
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text
  })
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  return { process: child, said: () => stderr, ended }
}

export const timeTransfer = (args: ReadonlyArray<string>, where: Where): Promise<Ended> => start(args, where).ended
