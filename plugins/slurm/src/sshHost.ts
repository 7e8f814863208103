/**
 * A login node behind `ssh`: all calls go through one connection of OpenSSH, which is opened by the first call, opened
 * anew by the next call when it was cut, and closed with the scope. One that was opened by hand is used as long as it is there.
 *
 * What the login shell there gets to see is one constant line. It reads a script of a counted number of bytes from its
 * input and runs it; the rest of the input is data for that script.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { type BackendError, canonicalHash } from "@ts/backend"
import { Effect, type Scope, Semaphore } from "effect"
import { type CommandOptions, command, type Exit } from "./command.ts"
import { outOfReach } from "./errors.ts"
import { fileError } from "./fileErrors.ts"
import { readFrames } from "./frames.ts"
import type { FileToWrite, Host } from "./host.ts"
import { quote, quoteAll } from "./quote.ts"
import { Remote } from "./remoteScripts.ts"

const ENTRY = `exec sh -c 'IFS= read -r n && script=$(head -c "$n") && eval "$script"'`

/** How `ssh` itself says that it could not go on. */
const SSH_FAILED = 255

/** Calls at a time: an sshd refuses more than 10 in one connection unless told otherwise. */
const SESSIONS = 8

/** A transfer may take this long beyond the time of a call. */
const BYTES_PER_SECOND = 2 ** 20

export interface SshHostOptions {
  /** `user@host`, or a `Host` of `~/.ssh/config`. */
  readonly ssh: string
  readonly options?: ReadonlyArray<string>
  readonly timeoutSeconds: number
}

const afterMark = (stdout: Buffer, mark: string) => {
  const at = stdout.indexOf(mark)
  return at < 0 ? stdout : stdout.subarray(at + mark.length)
}

const ended = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

/** As people paste it. */
const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : quote(text))

/** The same for every driver of this user that goes to the same host the same way; in a folder that nobody else enters. */
const handMadeSocket = ({ ssh, options }: Pick<SshHostOptions, "ssh" | "options">): Effect.Effect<string> =>
  Effect.promise(async () => {
    const runtime = process.env["XDG_RUNTIME_DIR"]
    const folder = runtime ? join(runtime, "time-transfer") : join(homedir(), ".ssh", "time-transfer")
    // Where it cannot be made, nobody can open a connection by hand, and all else works.
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => undefined)
    return join(folder, canonicalHash({ ssh, options: options ?? [] }).slice(0, 12))
  })

export const sshHost = ({
  ssh,
  options = [],
  timeoutSeconds,
}: SshHostOptions): Effect.Effect<Host, never, Scope.Scope> =>
  Effect.gen(function* () {
    // Sockets' paths are at most 104 bytes long, and TMPDIR may be longer.
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir().length > 60 ? "/tmp" : tmpdir(), "tt-ssh-"))),
      (made) => Effect.promise(() => rm(made, { recursive: true, force: true })),
    )
    const common = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=15", ...options]
    const handMade = yield* handMadeSocket({ ssh, options })
    /** Of a connection that was opened by hand and is there. */
    let hand: string | undefined
    const byHand = `open it by hand: ${["ssh", "-fNM", "-S", handMade, ...options, ssh].map(shellWord).join(" ")}`
    let master: { readonly child: ChildProcess; readonly socket: string; said: string } | undefined

    const lost = (said: string) => {
      const words = said
        .trim()
        .split("\n")
        .filter((line) => !line.startsWith("Warning:"))
        .at(-1)
      return outOfReach(`no connection to ${ssh}${words ? `: ${words}` : ""}; ${byHand}`, { field: "host.ssh" })
    }

    const close = Effect.sync(() => {
      if (master !== undefined && !ended(master.child)) master.child.kill("SIGTERM")
      master = undefined
    })
    yield* Effect.addFinalizer(() => close)

    const opened = Effect.callback<string, BackendError>((resume) => {
      // A socket of its own for every connection: the last one may have left its behind.
      const socket = join(folder, randomUUID().slice(0, 8))
      const keepAlive = ["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3"]
      const child = spawn(
        "ssh",
        [...common, ...keepAlive, "-M", "-S", socket, "-o", "ControlPersist=no", "-N", "-T", ssh],
        {
          stdio: ["ignore", "ignore", "pipe"],
        },
      )
      const made = { child, socket, said: "" }
      master = made
      child.stderr!.on("data", (chunk: Buffer) => {
        made.said = (made.said + chunk.toString("utf8")).slice(-4096)
      })
      const poll = setInterval(() => {
        if (existsSync(socket)) settle(Effect.succeed(socket))
      }, 10)
      const timer = setTimeout(() => {
        child.kill("SIGKILL")
        settle(Effect.fail(lost(`no answer in ${timeoutSeconds} s`)))
      }, timeoutSeconds * 1000)
      const settle = (result: Effect.Effect<string, BackendError>) => {
        clearInterval(poll)
        clearTimeout(timer)
        resume(result)
      }
      child.once("error", (cause) => settle(Effect.fail(lost(cause.message))))
      child.once("close", () => settle(Effect.fail(lost(made.said))))
      return Effect.sync(() => {
        clearInterval(poll)
        clearTimeout(timer)
        child.kill("SIGKILL")
      })
    })

    const one = yield* Semaphore.make(1)
    const sessions = yield* Semaphore.make(SESSIONS)
    /** Where a password or a second factor is needed, somebody has typed it. */
    const opensByHand = Effect.suspend(() =>
      existsSync(handMade)
        ? command(["ssh", "-S", handMade, "-O", "check", ...common, ssh], { timeoutSeconds }).pipe(
            Effect.map(({ code }) => (code === 0 ? handMade : undefined)),
            Effect.orElseSucceed(() => undefined),
          )
        : Effect.succeed(undefined),
    )
    const connection = one.withPermit(
      Effect.gen(function* () {
        if (hand !== undefined) return hand
        if (master !== undefined && !ended(master.child) && existsSync(master.socket)) return master.socket
        hand = yield* opensByHand
        if (hand !== undefined) return hand
        yield* close
        return yield* opened
      }),
    )

    /**
     * Runs a script there; `stdin` is data for it. Fails when the connection does, or the time is up. What a login prints
     * before the script (a greeting in `.bashrc`) is dropped.
     */
    const shell = (
      script: string,
      { stdin = [], timeoutSeconds: limit = timeoutSeconds }: Partial<CommandOptions> = {},
    ): Effect.Effect<Exit, BackendError> =>
      Effect.flatMap(connection, (socket) => {
        const mark = `${randomUUID()}\n`
        const head = Buffer.from(`echo ${mark}${script}`, "utf8")
        // Where the connection is gone, `ssh` would make one of its own: the proxy that fails keeps it from that.
        const through = ["-S", socket, "-o", "ControlMaster=no", "-o", "ProxyCommand=false", "-T"]
        const call = command(["ssh", ...through, ...common, ssh, ENTRY], {
          stdin: [`${head.length}\n`, head, ...stdin],
          timeoutSeconds: limit,
        })
        return sessions.withPermit(call).pipe(
          Effect.mapError(({ seconds }) =>
            outOfReach(`${ssh} gave no answer in ${seconds} s; ${byHand}`, { field: "host.ssh" }),
          ),
          Effect.flatMap(({ stdout, ...exit }) => {
            if (exit.code !== SSH_FAILED) return Effect.succeed({ ...exit, stdout: afterMark(stdout, mark) })
            hand = undefined
            return Effect.fail(lost(exit.stderr))
          }),
        )
      })

    /** A script that has to succeed. */
    const done = (what: string, script: string, options?: Partial<CommandOptions>) =>
      Effect.flatMap(shell(script, options), (exit) =>
        exit.code === 0
          ? Effect.succeed(exit.stdout)
          : Effect.fail(fileError(`cannot ${what} on ${ssh}`, exit.stderr || `exit code ${exit.code}`)),
      )

    const limitFor = (bytes: number) => timeoutSeconds + bytes / BYTES_PER_SECOND

    const write = (files: ReadonlyArray<FileToWrite>) => {
      const contents = files.map(({ content }) => Buffer.from(content as Uint8Array))
      const script = Remote.write(files.map(({ path, mode = 0o600 }, i) => ({ path, mode, size: contents[i]!.length })))
      const total = contents.reduce((sum, { length }) => sum + length, 0)
      return done(`write ${files[0]?.path}`, script, { stdin: contents, timeoutSeconds: limitFor(total) })
    }

    const exists = (path: string) =>
      Effect.map(done(`look at ${path}`, `if [ -e ${quote(path)} ]; then printf 1; fi`), (out) => out.length > 0)

    return {
      name: ssh,
      run: (argv, { stdin, timeoutSeconds: limit = timeoutSeconds } = {}) =>
        // The limit there ends the command, the longer one here a connection that hangs.
        Effect.flatMap(
          shell(`exec timeout -k 1 ${limit} ${quoteAll(argv)}${stdin === undefined ? " </dev/null" : ""}`, {
            timeoutSeconds: limit + 5,
            ...(stdin === undefined ? {} : { stdin: [stdin] }),
          }),
          ({ code, stdout, stderr }) =>
            code === 124 || code === 137
              ? Effect.fail(outOfReach(`${argv[0]} on ${ssh} gave no answer in ${limit} s`))
              : Effect.succeed({ code, stdout: stdout.toString("utf8"), stderr }),
        ),
      writeFiles: (files) => (files.length === 0 ? Effect.void : Effect.asVoid(write(files))),
      readFrom: (positions, maxBytes) => {
        if (positions.length === 0) return Effect.succeed([])
        const seal = randomUUID()
        return Effect.flatMap(
          done(`read ${positions[0]!.path}`, Remote.readFrom(positions, maxBytes, seal), {
            timeoutSeconds: limitFor(maxBytes),
          }),
          (out) => {
            const frames = readFrames(out, seal)
            return frames === undefined
              ? Effect.fail(outOfReach(`${ssh} gave half an answer to what its journals hold`))
              : Effect.succeed(frames.map(({ index, bytes }) => ({ ...positions[index]!, bytes })))
          },
        )
      },
      readFile: (path) =>
        Effect.flatMap(
          shell(`[ -e ${quote(path)} ] || exit 66; exec cat -- ${quote(path)}`),
          ({ code, stdout, stderr }) =>
            code === 66
              ? Effect.succeed(undefined)
              : code === 0
                ? Effect.succeed<Uint8Array>(stdout)
                : Effect.fail(fileError(`cannot read ${path} on ${ssh}`, stderr)),
        ),
      list: (folders) =>
        folders.length === 0
          ? Effect.succeed([])
          : Effect.map(done(`list ${folders[0]}`, Remote.list(folders)), (out) => {
              const lists: Array<Array<string>> = folders.map(() => [])
              let at = 0
              for (const name of out.toString("utf8").split("\0").slice(0, -1))
                name === "" ? at++ : lists[at]?.push(name)
              return lists.map((names) => names.sort())
            }),
      exists,
      remove: (path) => Effect.asVoid(done(`remove ${path}`, `exec rm -rf -- ${quote(path)}`)),
      putFile: (local, path) =>
        Effect.gen(function* () {
          if (yield* exists(path)) return
          const unreadable = (cause: unknown) => fileError(`cannot read ${local}`, (cause as Error).message, cause)
          const { size } = yield* Effect.tryPromise({ try: () => stat(local), catch: unreadable })
          const script = Remote.write([{ path, mode: 0o600, size }])
          yield* done(`write ${path}`, script, { stdin: [{ file: local }], timeoutSeconds: limitFor(size) })
        }),
    }
  })
