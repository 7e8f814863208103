/**
 * A real Slurm for tests: a controller and N node daemons on this machine, without systemd, in a folder of its own. Any
 * number of them side by side. All that was started ends with `stop()`, jobs and what jobs left behind, too.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { hostname, tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import { it } from "vitest"
import { freePorts } from "./ports.ts"

export interface ClusterOptions {
  /** Default 2, called n1, n2, ... */
  readonly nodes?: number
  /** CPUs of each; default 2. */
  readonly cpus?: number
  /** Lines of slurm.conf that add to or replace (by their key) the ones below, e.g. `SlurmdTimeout=10`. */
  readonly lines?: ReadonlyArray<string>
  /** Definitions of partitions; default one, `main`, of all nodes. */
  readonly partitions?: ReadonlyArray<string>
  /** Default `none`: no daemon and no key. */
  readonly auth?: "none" | "munge"
}

export interface Cluster {
  readonly name: string
  readonly folder: string
  /** What a client's environment needs beside `PATH`. */
  readonly env: { readonly SLURM_CONF: string }
  readonly nodes: ReadonlyArray<string>
  /** Runs one of Slurm's commands; gives its output, trimmed. */
  readonly command: (...argv: [string, ...Array<string>]) => Promise<string>
  /**
   * Ends a node's daemon at once. Its jobs go on and nobody knows, as when a daemon crashes; with `jobs` they end with
   * it, as when the power fails.
   */
  readonly killNode: (name: string, also?: { readonly jobs?: boolean }) => Promise<void>
  /** With `privateMount` the node has an empty file system of its own there: a folder that is not shared. */
  readonly startNode: (name: string, options?: { readonly privateMount?: string }) => Promise<void>
  /** It saves its state first, as when it is restarted. */
  readonly stopController: () => Promise<void>
  readonly startController: () => Promise<void>
  readonly stop: () => Promise<void>
}

const NEEDED = ["slurmctld", "slurmd", "sbatch", "squeue", "scontrol"]

/** Why no cluster can be started here; undefined when one can. */
export const clusterUnavailable = (): string | undefined => {
  const missing = NEEDED.filter((command) => {
    try {
      execFileSync("sh", ["-c", 'command -v "$1"', "sh", command])
      return false
    } catch {
      return true
    }
  })
  if (missing.length > 0) return `Slurm is not installed (no ${missing.join(", ")}): apt-get install slurm-wlm`
  return userInfo().uid === 0 ? undefined : "a Slurm of several users' jobs is started by root only"
}

/** `it` for tests on a cluster: skipped, saying why, where none can be started, and failed there when `CI` is set. */
export const itOnCluster: typeof it = (() => {
  const reason = clusterUnavailable()
  if (reason === undefined || process.env["CI"]) return it
  console.warn(`skipped, tests on a real Slurm: ${reason}`)
  return it.skip as typeof it
})()

/** Environment variables that tell whose a daemon is: its jobs' supervisors inherit them, jobs do not. */
const CLUSTER = "TIME_TRANSFER_TEST_CLUSTER"
const NODE = "TIME_TRANSFER_TEST_NODE"

/** Processes whose environment, as they were started, has one of these `NAME=value`. */
const processesWith = (...wanted: ReadonlyArray<string>): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0")
        return wanted.some((entry) => environment.includes(entry))
      } catch {
        return false // ended meanwhile
      }
    })
    .map(Number)

const kill = (pid: number) => {
  try {
    process.kill(pid, "SIGKILL")
  } catch {} // ended meanwhile
}

const settings = (cluster: string, folder: string, port: number, auth: "none" | "munge") => {
  const user = userInfo().username
  return [
    `ClusterName=${cluster}`,
    `SlurmctldHost=${hostname().split(".")[0]}(127.0.0.1)`,
    `SlurmctldPort=${port}`,
    `SlurmUser=${user}`,
    `SlurmdUser=${user}`,
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool/%n`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmdPidFile=${folder}/slurmd-%n.pid`,
    `SlurmctldLogFile=${folder}/log/slurmctld.log`,
    `SlurmdLogFile=${folder}/log/slurmd-%n.log`,
    `AuthType=auth/${auth}`,
    `CredType=cred/${auth}`,
    // A requeued job waits for its credential to expire: 120 s unless told, 5 s at least.
    `AuthInfo=cred_expire=5${auth === "munge" ? `,socket=${folder}/munge/socket` : ""}`,
    "ProctrackType=proctrack/linuxproc",
    "TaskPlugin=task/none",
    "JobAcctGatherType=jobacct_gather/none",
    "AccountingStorageType=accounting_storage/none",
    "SelectType=select/cons_tres",
    "SelectTypeParameters=CR_Core",
    "SchedulerType=sched/backfill",
    "SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0",
    "MpiDefault=none",
    "MailProg=/bin/true",
    "SwitchType=switch/none",
    "SlurmdParameters=config_overrides",
    "ReturnToService=2",
    "InactiveLimit=0",
    "KillWait=5",
    "MinJobAge=300",
    "Waittime=0",
  ]
}

/** A later line of the same key takes the place of an earlier one: Slurm itself would refuse some keys given twice. */
const replaced = (lines: ReadonlyArray<string>): string =>
  [...new Map(lines.map((line) => [line.slice(0, line.indexOf("=")), line])).values()].join("\n")

export const startCluster = async (options: ClusterOptions = {}): Promise<Cluster> => {
  const reason = clusterUnavailable()
  if (reason !== undefined) throw new Error(reason)
  const { auth = "none", cpus = 2 } = options
  const nodes = Array.from({ length: options.nodes ?? 2 }, (_, i) => `n${i + 1}`)
  const name = `tt${randomBytes(4).toString("hex")}`
  const folder = mkdtempSync(join(tmpdir(), "tt-slurm-"))
  const [port, ...nodePorts] = await freePorts(1 + nodes.length)
  for (const part of ["state", "log", ...nodes.map((node) => `spool/${node}`)])
    mkdirSync(join(folder, part), { recursive: true })
  const configuration = join(folder, "slurm.conf")
  const address = `NodeHostname=${hostname().split(".")[0]} NodeAddr=127.0.0.1`
  writeFileSync(
    configuration,
    [
      replaced([...settings(name, folder, port!, auth), ...(options.lines ?? [])]),
      ...nodes.map((node, i) => `NodeName=${node} ${address} Port=${nodePorts[i]} CPUs=${cpus} RealMemory=2000`),
      ...(options.partitions ?? ["PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP"]),
      "",
    ].join("\n"),
  )
  const env = { SLURM_CONF: configuration }
  const daemons = new Map<string, ChildProcess>()

  const start = (what: string, command: string, argv: ReadonlyArray<string>) => {
    const log = openSync(join(folder, "log", `${what}.out`), "a")
    const marks = { [CLUSTER]: name, [NODE]: `${name}.${what}` }
    // Only what a daemon needs: a variable of the test must not reach a job this way.
    const child = spawn(command, argv, {
      stdio: ["ignore", log, log],
      env: { PATH: process.env["PATH"], ...env, ...marks },
    })
    closeSync(log)
    daemons.set(what, child)
  }

  const ended = async (what: string, signal: NodeJS.Signals = "SIGKILL") => {
    const child = daemons.get(what)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exit = new Promise((resolve) => child.once("exit", resolve))
    child.kill(signal)
    await exit
  }

  const command = async (...[file, ...argv]: [string, ...Array<string>]) => {
    const { stdout } = await promisify(execFile)(file, argv, {
      env: { ...process.env, ...env },
      timeout: 10_000,
      killSignal: "SIGKILL",
    })
    return stdout.trim()
  }

  const lastWords = (what: string) => {
    try {
      return readFileSync(join(folder, "log", `${what}.out`), "utf8")
        .trim()
        .split("\n")
        .slice(-3)
        .join("\n")
    } catch {
      return ""
    }
  }

  const until = async (met: () => Promise<boolean>, what: string) => {
    const deadline = Date.now() + 20_000
    while (!(await met().catch(() => false))) {
      if (Date.now() > deadline || daemons.get(what)?.exitCode != null)
        throw new Error(`${what} of the test's Slurm does not come up: ${lastWords(what)}`)
      await sleep(50)
    }
  }

  const killAll = () => {
    const marks = [`${CLUSTER}=${name}`, `SLURM_CLUSTER_NAME=${name}`]
    for (let pids = processesWith(...marks); pids.length > 0; pids = processesWith(...marks)) pids.forEach(kill)
  }
  process.once("exit", killAll)

  const startController = async () => {
    start("slurmctld", "slurmctld", ["-D", "-i"])
    await until(async () => (await command("scontrol", "ping")).includes("UP"), "slurmctld")
  }

  const startNode: Cluster["startNode"] = async (node, { privateMount } = {}) => {
    const slurmd = ["slurmd", "-D", "-N", node]
    if (privateMount === undefined) start(node, slurmd[0]!, slurmd.slice(1))
    else {
      const mount = 'mount -t tmpfs tmpfs "$1" && shift && exec "$@"'
      start(node, "unshare", ["-m", "--propagation", "private", "sh", "-c", mount, "sh", privateMount, ...slurmd])
    }
    await until(async () => /^(idle|mixed|allocated)$/.test(await command("sinfo", "-h", "-n", node, "-o", "%T")), node)
  }

  const cluster: Cluster = {
    name,
    folder,
    env,
    nodes,
    command,
    startController,
    startNode,
    stopController: () => ended("slurmctld", "SIGTERM"),
    killNode: async (node, { jobs = false } = {}) => {
      await ended(node)
      if (!jobs) return
      const supervisors = processesWith(`${NODE}=${name}.${node}`)
      const theirs = processesWith(`SLURMD_NODENAME=${node}`)
      const ours = new Set(processesWith(`SLURM_CLUSTER_NAME=${name}`))
      for (const pid of [...supervisors, ...theirs.filter((pid) => ours.has(pid))]) kill(pid)
    },
    stop: async () => {
      await Promise.all([...daemons.keys()].map((what) => ended(what)))
      killAll()
      process.off("exit", killAll)
      rmSync(folder, { recursive: true, force: true })
    },
  }

  try {
    if (auth === "munge") {
      const munge = join(folder, "munge")
      mkdirSync(munge)
      writeFileSync(join(munge, "key"), randomBytes(128), { mode: 0o600 })
      const files = ["socket", "pid-file", "log-file", "seed-file"].map((file) => `--${file}=${munge}/${file}`)
      start("munged", "munged", ["--foreground", "--force", `--key-file=${munge}/key`, ...files])
      await until(async () => readdirSync(munge).includes("socket"), "munged")
    }
    await startController()
    await Promise.all(nodes.map((node) => startNode(node)))
  } catch (cause) {
    await cluster.stop()
    throw cause
  }
  return cluster
}
