/** A worker as a child of this process: an order in, messages out. */
import { type ChildProcess, spawn } from "node:child_process"
import { BackendError } from "@ts/backend"
import { encodeOrder, errorOf, type Message, makeListener, type Order } from "@ts/worker"
import { Cause, Effect, Queue, Stream } from "effect"

export interface Command {
  /** The program and its arguments. */
  readonly command: readonly [string, ...Array<string>]
  /** Folder it runs in; the working directory unless given. */
  readonly folder?: string
  /** Variables beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>
  /** Time to stop and write a checkpoint after a signal, before it is killed, milliseconds; 60 000 unless given. */
  readonly graceMillis?: number
}

/** What a worker says on standard error and is quoted when it crashes, characters. */
const QUOTED = 2000

const failure = (
  { command }: Command,
  reason: "Unavailable" | "Device",
  what: string,
  retryable: boolean,
  cause?: unknown,
) =>
  new BackendError({
    backend: "process",
    reason,
    message: `the worker \`${command.join(" ")}\` ${what}`,
    retryable,
    ...(cause === undefined ? {} : { cause }),
  })

const cannotStart = (command: Command, cause: NodeJS.ErrnoException) =>
  failure(
    command,
    "Unavailable",
    cause.code === "ENOENT"
      ? `cannot be started: there is no program ${command.command[0]}${command.folder === undefined ? "" : ` (or no folder ${command.folder})`}; install it, or name it with its path`
      : `cannot be started: ${cause.message}`,
    false,
    cause,
  )

/** Ends a worker: asks first. */
const stop = (child: ChildProcess, graceMillis: number): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return resume(Effect.void)
    const timer = setTimeout(() => child.kill("SIGKILL"), graceMillis)
    child.once("exit", () => {
      clearTimeout(timer)
      resume(Effect.void)
    })
    child.kill("SIGTERM")
  })

/**
 * What a worker says to an order, until it has said everything. Fails with the `Error` it says, and when it crashes. Whoever stops listening
 * stops the worker, and waits for it.
 */
export const converse = (command: Command, order: Order): Stream.Stream<Message, BackendError> =>
  Stream.callback<Message, BackendError>((queue) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const [program, ...args] = command.command
        const child = spawn(program, args, {
          cwd: command.folder,
          env: { ...process.env, ...command.environment },
          stdio: ["pipe", "pipe", "pipe"],
        })
        const fail = (error: BackendError) => Queue.failCauseUnsafe(queue, Cause.fail(error))
        const listener = makeListener()
        let last: Message | undefined
        let talk = ""
        let over = false
        child.on("error", (cause) => {
          over = true
          fail(cannotStart(command, cause))
        })
        // It may end without reading its order.
        child.stdin.on("error", () => {})
        child.stdin.end(encodeOrder(order))
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
          talk = (talk + text).slice(-QUOTED)
        })
        child.stdout.on("data", (bytes: Uint8Array) => {
          if (over) return
          try {
            for (const message of listener.hear(bytes)) {
              last = message
              if (message._tag !== "Error" && message._tag !== "End") Queue.offerUnsafe(queue, message)
            }
          } catch (cause) {
            over = true
            child.kill("SIGKILL")
            fail(failure(command, "Device", `does not speak the protocol: ${(cause as Error).message}`, false, cause))
          }
        })
        child.on("close", (code, signal) => {
          if (over) return
          if (last?._tag === "Error") return fail(errorOf("process", last))
          if (last?._tag === "End" && last.how === "done") return Queue.endUnsafe(queue)
          const why = last?._tag === "End" ? "was stopped from outside" : `ended with ${signal ?? `code ${code}`}`
          const said = talk.trim() === "" ? "" : `; it said last: ${talk.trim().split("\n").slice(-5).join("\n")}`
          fail(failure(command, "Device", `${why}${said}`, last !== undefined))
        })
        return child
      }),
      (child) => stop(child, command.graceMillis ?? 60_000),
    ),
  )
