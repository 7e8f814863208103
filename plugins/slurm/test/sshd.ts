/** A login node for tests: an `sshd` on loopback with a key, a port and a configuration of its own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { it } from "vitest"
import { freePort } from "./ports.ts"

export interface Sshd {
  /** What `SlurmOptions.host` takes. */
  readonly host: { readonly ssh: string; readonly options: ReadonlyArray<string> }
  /** Ends all connections there are; new ones are taken. */
  readonly cut: () => number
  /** Out of reach, until started again. */
  readonly pause: () => Promise<void>
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Why none can be started here; undefined when one can. */
export const sshdUnavailable = (): string | undefined => {
  try {
    execFileSync("sh", ["-c", "command -v ssh && command -v ssh-keygen && test -x /usr/sbin/sshd"])
  } catch {
    return "OpenSSH is not installed (no ssh or no sshd): apt-get install openssh-server openssh-client"
  }
  return userInfo().uid === 0 ? undefined : "an sshd for tests is started by root only"
}

/** `it` for tests that log in: skipped, saying why, where no sshd can be started, and failed there when `CI` is set. */
export const itOverSsh: typeof it = (() => {
  const reason = sshdUnavailable()
  if (reason === undefined || process.env["CI"]) return it
  console.warn(`skipped, tests over ssh: ${reason}`)
  return it.skip as typeof it
})()

const childrenOf = (pid: number): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        // The name in parentheses may hold anything; state and parent come after it.
        return (
          Number(
            readFileSync(`/proc/${name}/stat`, "utf8")
              .replace(/^.*\) . /s, "")
              .split(" ")[0],
          ) === pid
        )
      } catch {
        return false // ended meanwhile
      }
    })
    .map(Number)

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("data", () => resolve(true)).once("error", () => resolve(false))
    socket.once("close", () => resolve(false))
    socket.setTimeout(1000, () => socket.destroy())
  })

const kill = (pid: number) => {
  try {
    process.kill(pid, "SIGKILL")
  } catch {} // ended meanwhile
}

/** `env` is what every login finds in its environment. */
export const startSshd = async (env: Readonly<Record<string, string>> = {}): Promise<Sshd> => {
  const folder = mkdtempSync(join(tmpdir(), "tt-sshd-"))
  const port = await freePort()
  const key = (name: string) => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", join(folder, name)])
    return readFileSync(join(folder, `${name}.pub`), "utf8")
  }
  const hostKey = key("host")
  writeFileSync(join(folder, "authorized"), key("user"))
  writeFileSync(join(folder, "known"), `[127.0.0.1]:${port} ${hostKey}`)
  const configuration = join(folder, "sshd_config")
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  writeFileSync(
    configuration,
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${folder}/host`,
      `AuthorizedKeysFile ${folder}/authorized`,
      `PidFile ${folder}/pid`,
      "PasswordAuthentication no",
      "PermitRootLogin prohibit-password",
      "StrictModes no",
      "UsePAM no",
      ...(variables.length > 0 ? [`SetEnv ${variables.join(" ")}`] : []),
      "",
    ].join("\n"),
  )
  mkdirSync("/run/sshd", { recursive: true }) // where it locks itself up before a user is known
  let daemon: ChildProcess | undefined

  const start = async () => {
    daemon = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", configuration], { stdio: "ignore" })
    for (const deadline = Date.now() + 10_000; !(await answers(port)); await sleep(20))
      if (Date.now() > deadline || daemon.exitCode !== null) throw new Error("the test's sshd does not come up")
  }
  const cut = () => {
    const sessions = daemon?.pid === undefined ? [] : childrenOf(daemon.pid)
    for (const pid of sessions) for (const each of [...childrenOf(pid), pid]) kill(each)
    return sessions.length
  }
  const pause = async () => {
    cut()
    if (daemon !== undefined && daemon.exitCode === null && daemon.signalCode === null) {
      const exit = new Promise((resolve) => daemon!.once("exit", resolve))
      daemon.kill("SIGKILL")
      await exit
    }
  }
  await start()
  return {
    host: {
      ssh: `${userInfo().username}@127.0.0.1`,
      options: ["-F", "none", "-i", join(folder, "user"), "-p", String(port)].concat(
        ["-o", `UserKnownHostsFile=${folder}/known`],
        ["-o", "IdentitiesOnly=yes"],
      ),
    },
    cut,
    pause,
    start,
    stop: async () => {
      await pause()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
