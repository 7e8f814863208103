/** A child process with a time limit: it ends when its caller does. */
import { spawn } from "node:child_process"
import { createReadStream } from "node:fs"
import { pipeline } from "node:stream/promises"
import { Effect } from "effect"

export interface Exit {
  /** 127 where there is no such command, as in a shell; 255 where a signal ended it. */
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

export interface CommandOptions {
  /** Pieces, in order; a file is streamed. */
  readonly stdin?: ReadonlyArray<string | Uint8Array | { readonly file: string }>
  readonly env?: NodeJS.ProcessEnv
  readonly timeoutSeconds: number
}

/** The command was ended for taking longer than it may. */
export class TookTooLong {
  readonly _tag = "TookTooLong"
  readonly seconds: number
  constructor(seconds: number) {
    this.seconds = seconds
  }
}

/** Of a process that a signal ended: also how `ssh` says that its connection did. */
const KILLED = 255

export const command = (
  [file, ...argv]: readonly [string, ...Array<string>],
  { stdin = [], env, timeoutSeconds }: CommandOptions,
): Effect.Effect<Exit, TookTooLong> =>
  Effect.callback<Exit, TookTooLong>((resume) => {
    const child = spawn(file, argv, { stdio: ["pipe", "pipe", "pipe"], ...(env === undefined ? {} : { env }) })
    const out: Array<Buffer> = []
    const err: Array<Buffer> = []
    let copyFailure = ""
    const timer = setTimeout(() => {
      child.kill("SIGKILL")
      resume(Effect.fail(new TookTooLong(timeoutSeconds)))
    }, timeoutSeconds * 1000)
    child.once("error", (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      const stderr = cause.code === "ENOENT" ? `${file}: command not found` : cause.message
      resume(Effect.succeed({ code: 127, stdout: Buffer.alloc(0), stderr }))
    })
    const failed = (cause: unknown) => {
      copyFailure = (cause as Error).message
      child.kill("SIGKILL")
    }
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk))
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk))
    child.stdin.on("error", () => {}) // it ended without reading all: its exit tells why
    const feed = async () => {
      for (const piece of stdin) {
        if (typeof piece === "string" || piece instanceof Uint8Array) child.stdin.write(piece)
        else await pipeline(createReadStream(piece.file), child.stdin, { end: false })
      }
      child.stdin.end()
    }
    feed().catch((cause: NodeJS.ErrnoException) => {
      if (cause.syscall === "open" || cause.syscall === "read") failed(cause)
    })
    child.once("close", (code) => {
      clearTimeout(timer)
      const stderr = Buffer.concat(err).toString("utf8") + copyFailure
      resume(Effect.succeed({ code: copyFailure === "" ? (code ?? KILLED) : 1, stdout: Buffer.concat(out), stderr }))
    })
    return Effect.sync(() => {
      clearTimeout(timer)
      child.kill("SIGKILL")
    })
  })
