/** A worker as a child of this process: an order in, messages out. */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import type { Readable, Writable } from "node:stream"
import { BackendError } from "@ts/backend"
import { encodeOrder, errorOf, type Message, makeListener, type Order } from "@ts/worker"
import { Effect, Option, Stream } from "effect"

export interface Command {
  /** The program and its arguments. */
  readonly command: readonly [string, ...Array<string>]
  /** Folder it runs in; the working directory unless given. */
  readonly folder?: string
  /** Variables beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>
  /** Time to stop and write a checkpoint after a signal, before it is killed, milliseconds; 60 000 unless given. */
  readonly graceMillis?: number
  /** A worker that says nothing for so long hangs, milliseconds; 120 000 unless given. It says `Alive` every 30 s. */
  readonly silenceMillis?: number
}

/** What a worker says on standard error and is quoted when it crashes, characters. */
const QUOTED = 2000

/** How long a worker's last words may take after its end, milliseconds: what it started may hold its output for ever. */
const DRAIN = 2000

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

/** How a process ended, or why there never was one. */
type Ending = { readonly how: string } | { readonly cause: NodeJS.ErrnoException }

interface Worker {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly ended: Promise<Ending>
  /** It, and whatever it started that holds its output. */
  readonly closed: Promise<void>
  /** Of its output, not taken yet. */
  readonly chunks: Array<Uint8Array>
  /** Called when there are more of them, and at their end. */
  heard: () => void
  /** The end of what it said to people. */
  readonly talk: () => string
}

const start = ({ command: [program, ...args], folder, environment }: Command, order: Order): Worker => {
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["pipe", "pipe", "pipe"],
    // A process group of its own: a shell or a launcher does not pass on the signals it gets.
    detached: true,
  })
  let talk = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    talk = (talk + text).slice(-QUOTED)
  })
  const chunks: Array<Uint8Array> = []
  const worker = { heard: () => {} }
  // Always listened to: Node lets the output of a child that has exited run on, and what nobody listens to is gone.
  child.stdout
    .on("data", (bytes: Uint8Array) => {
      chunks.push(bytes)
      child.stdout.pause()
      worker.heard()
    })
    .on("end", () => worker.heard())
    .pause()
  const ended = new Promise<Ending>((resolve) => {
    child.once("error", (cause) => resolve({ cause }))
    child.once("exit", (code, signal) => resolve({ how: signal ?? `code ${code}` }))
  })
  const closed = new Promise<void>((resolve) => void child.once("close", () => resolve()))
  // It may end without reading its order.
  child.stdin.on("error", () => {})
  child.stdin.end(encodeOrder(order))
  return Object.assign(worker, { child, chunks, ended, closed, talk: () => talk })
}

const signal = ({ child }: Worker, name: "SIGTERM" | "SIGKILL") => {
  try {
    process.kill(-child.pid!, name)
  } catch {} // nobody is left
}

/** Whether `event` came within so many milliseconds. */
const within = async (event: Promise<unknown>, millis: number): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, millis, false)
  })
  const came = await Promise.race([event.then(() => true), late])
  clearTimeout(timer)
  return came
}

/** Ends a worker and all that it started: asks first. */
const stop = (worker: Worker, graceMillis: number): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (worker.child.pid === undefined) return
    // Nobody listens any more, but what it says must not block it.
    worker.child.stdout.removeAllListeners("data").resume()
    if (!(await within(worker.closed, 0))) {
      signal(worker, "SIGTERM")
      await within(worker.closed, graceMillis)
    }
    signal(worker, "SIGKILL")
    await worker.ended
  })

/**
 * Some more of a worker's output; undefined when no more comes, be it that it ended or that it has been silent for too long. It is asked for
 * only when what came before was taken, so a worker that says more than its driver takes has to wait.
 */
const more = (worker: Worker, silenceMillis: number): Effect.Effect<Uint8Array | undefined> =>
  Effect.callback((resume) => {
    const { child, chunks } = worker
    const { stdout } = child
    let timer: NodeJS.Timeout
    const settle = (bytes: Uint8Array | undefined) => {
      leave()
      resume(Effect.succeed(bytes))
    }
    const look = () => {
      if (chunks.length > 0) settle(chunks.shift())
      else if (stdout.readableEnded || child.pid === undefined) settle(undefined)
    }
    // What came while this process was held up is read before it is taken for silence.
    const nothing = () => {
      timer = setTimeout(settle, 100, undefined)
    }
    const drain = () => {
      clearTimeout(timer)
      timer = setTimeout(nothing, DRAIN)
    }
    const leave = () => {
      clearTimeout(timer)
      worker.heard = () => {}
      child.off("exit", drain)
    }
    timer = setTimeout(nothing, silenceMillis)
    worker.heard = look
    if (child.exitCode !== null || child.signalCode !== null) drain()
    else child.once("exit", drain)
    if (chunks.length === 0) stdout.resume()
    look()
    return Effect.sync(leave)
  })

/**
 * What a worker says to an order, until it has said everything. Fails with the `Error` it says, when it crashes, and when it falls silent. Whoever
 * stops listening stops the worker, and waits for it.
 */
export const converse = (command: Command, order: Order): Stream.Stream<Message, BackendError> => {
  const { graceMillis = 60_000, silenceMillis = 120_000 } = command
  return Stream.unwrap(
    Effect.gen(function* () {
      const worker = yield* Effect.acquireRelease(
        Effect.sync(() => start(command, order)),
        (worker) => stop(worker, graceMillis),
      )
      const listener = makeListener()
      let last: Message | undefined

      const hear = (bytes: Uint8Array): Effect.Effect<ReadonlyArray<Message>, BackendError> =>
        Effect.try({
          try: () => {
            const messages = listener.hear(bytes)
            last = messages.at(-1) ?? last
            return messages.filter(({ _tag }) => _tag !== "Error" && _tag !== "End")
          },
          catch: (cause) => {
            signal(worker, "SIGKILL")
            return failure(command, "Device", `does not speak the protocol: ${(cause as Error).message}`, false, cause)
          },
        })

      const hasSpoken = () => last?._tag === "Error" || last?._tag === "End"

      const outcome = Effect.gen(function* () {
        // It leaves by itself after its last word, and when it has closed its output.
        const leaves = hasSpoken() || worker.child.stdout.readableEnded
        const ended = yield* Effect.promise(() => within(worker.ended, leaves ? DRAIN : 0))
        if (last?._tag === "Error") return yield* errorOf("process", last)
        if (last?._tag === "End" && last.how === "done") return
        const ending = ended ? yield* Effect.promise(() => worker.ended) : undefined
        if (ending !== undefined && "cause" in ending) return yield* cannotStart(command, ending.cause)
        const why =
          last?._tag === "End"
            ? "was stopped from outside"
            : ending === undefined
              ? `said nothing for ${silenceMillis / 1000} s; it has to say that it is alive every 30 s (the option silenceMillis)`
              : `ended with ${ending.how}`
        const talk = worker.talk().trim()
        const said = talk === "" ? "" : `; it said last: ${talk.split("\n").slice(-5).join("\n")}`
        return yield* failure(command, "Device", `${why}${said}`, last !== undefined)
      })

      const end = Effect.as(outcome, [[], Option.none()] as const)
      return Stream.paginate(undefined, () =>
        hasSpoken()
          ? end
          : Effect.flatMap(more(worker, silenceMillis), (bytes) =>
              bytes === undefined
                ? end
                : Effect.map(hear(bytes), (messages) => [messages, Option.some(undefined)] as const),
            ),
      )
    }),
  )
}
