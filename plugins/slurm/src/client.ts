/**
 * Slurm by its commands, in the text formats that have stayed the same since 22.05 (its JSON has not). Every call has a
 * time limit, for the commands wait minutes for a controller that is down.
 */
import type { BackendError } from "@ts/backend"
import { Effect } from "effect"
import { type Known, refusal } from "./clientErrors.ts"
import { outOfReach, slurmError } from "./errors.ts"
import type { Host, Ran } from "./host.ts"
import type { Site } from "./options.ts"
import { persistently } from "./steady.ts"
import { minutesOf } from "./timeLimit.ts"

/** A task of a job array that waits, runs or ends just now. */
export interface QueuedTask {
  /** As commands take it: `12_3`, or `12` for a job that is no array. */
  readonly id: string
  readonly arrayId: string
  readonly task: number | undefined
  /** Slurm's word: `PENDING`, `RUNNING`, `COMPLETING`, `SUSPENDED`, ... */
  readonly state: string
  readonly reason: string
  readonly name: string
}

/** What became of a task. A state of the queue means that it still lives. */
export interface Fate {
  /** `COMPLETED`, `FAILED`, `TIMEOUT`, `NODE_FAIL`, `PREEMPTED`, `CANCELLED`, `OUT_OF_MEMORY`, ... */
  readonly state: string
  readonly exitCode: number
  /** Of the signal that ended it; 0 for none. */
  readonly signal: number
}

export interface Limits {
  /** Tasks of an array have indices below this. */
  readonly maxArraySize: number
  readonly partition: {
    readonly name: string
    /** Undefined: none. */
    readonly maxMinutes: number | undefined
    readonly cpus: number
  }
}

export interface Client {
  /** Of a script on the host; gives the id of the job array. */
  readonly submit: (path: string) => Effect.Effect<string, BackendError>
  /** One's own tasks, of jobs with these names or of all. */
  readonly queue: (names?: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<QueuedTask>, BackendError>
  /** Arrays or tasks of them; those that have ended already are no error. */
  readonly cancel: (ids: ReadonlyArray<string>) => Effect.Effect<void, BackendError>
  readonly requeue: (id: string) => Effect.Effect<void, BackendError>
  /** By task id; those that nobody remembers are left out. */
  readonly fate: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyMap<string, Fate>, BackendError>
  /** Of the site's partition, or of the default one. */
  readonly limits: Effect.Effect<Limits, BackendError>
}

/** Ids a call: a command line stays far below any limit. */
const CHUNK = 500

const chunks = <A>(items: ReadonlyArray<A>, size = CHUNK): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))

/**
 * `SBATCH_*` variables would overrule what a script says, and an `SBATCH_EXPORT` let the driver's environment in; so the
 * options of a site are all there is.
 */
const SBATCH = [
  'for name in $(env | sed -n "s/^\\(SBATCH_[A-Za-z0-9_]*\\)=.*/\\1/p"); do unset "$name"; done',
  'exec sbatch --parsable --export=NONE "$@"',
].join("\n")

/** The reason comes last: it is the only field that may hold the separator. */
const FORMAT = "%i|%F|%K|%T|%j|%r"

export const parseQueue = (text: string): ReadonlyArray<QueuedTask> =>
  text.split("\n").flatMap((line) => {
    const [id, arrayId, task, state, name, ...reason] = line.trim().split("|")
    if (reason.length === 0) return []
    const index = /^\d+$/.test(task!) ? Number(task) : undefined
    return [{ id: id!, arrayId: arrayId!, task: index, state: state!, name: name!, reason: reason.join("|") }]
  })

/** `1:0`: exit code and signal. */
const exitOf = (text: string | undefined) => {
  const [exitCode = 0, signal = 0] = (text ?? "").split(":").map(Number)
  return { exitCode, signal }
}

/** Lines of `sacct -n -P -X -o JobID,State,ExitCode`; `CANCELLED by 1000` is cancelled. */
export const parseAccounting = (text: string): ReadonlyArray<readonly [string, Fate]> =>
  text.split("\n").flatMap((line) => {
    const [id, state, exit] = line.trim().split("|")
    return id && state ? [[id, { state: state.split(" ")[0]!, ...exitOf(exit) }] as const] : []
  })

/** `Name=value` of one line of `scontrol -o`. */
const valueOf = (line: string, name: string) => new RegExp(`(?:^|\\s)${name}=(\\S*)`).exec(line)?.[1]

/** Tasks that wait together, `5-9,12%2`, share a line. */
const indices = (text: string): ReadonlyArray<number> =>
  text
    .replace(/%\d+$/, "")
    .split(",")
    .flatMap((part) => {
      const [first, last = first] = part.split("-").map(Number)
      return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i)
    })

/** Lines of `scontrol -o show job ID`. */
export const parseJobs = (text: string): ReadonlyArray<readonly [string, Fate]> =>
  text.split("\n").flatMap((line) => {
    const state = valueOf(line, "JobState")
    const arrayId = valueOf(line, "ArrayJobId")
    const task = valueOf(line, "ArrayTaskId")
    if (state === undefined) return []
    const fate = { state, ...exitOf(valueOf(line, "ExitCode")) }
    if (arrayId === undefined || task === undefined) return [[valueOf(line, "JobId")!, fate] as const]
    return indices(task).map((index) => [`${arrayId}_${index}`, fate] as const)
  })

const minutes = (text: string | undefined) => minutesOf(text ?? "")

/** `scontrol show config` pads its names. */
const setting = (text: string, name: string) => new RegExp(`^${name}\\s*= *(.*)$`, "m").exec(text)?.[1]?.trim() ?? ""

export const slurmClient = (host: Host, site: Site): Client => {
  const known: Known = { site, host: host.name }

  const ran = (...argv: [string, ...Array<string>]) => host.run(argv)

  const succeeded = (command: string, ran: Ran): Effect.Effect<string, BackendError> =>
    ran.code === 0 ? Effect.succeed(ran.stdout) : Effect.fail(refusal(command, ran, known))

  const call = (...argv: [string, ...Array<string>]) =>
    Effect.flatMap(ran(...argv), (result) => succeeded(argv[0], result))

  const partitions = Effect.map(call("sinfo", "-h", "-o", "%R"), (text) => [...new Set(text.trim().split("\n"))])

  /** A refusal of the partition lists those there are. */
  const submissionRefused = (result: Ran) =>
    Effect.flatMap(
      /invalid partition/i.test(result.stderr) ? Effect.orElseSucceed(partitions, () => []) : Effect.succeed([]),
      (partitions) => Effect.fail(refusal("sbatch", result, { ...known, partitions })),
    )

  /** Jobs that have left the queue, or never were. */
  const isGone = (stderr: string) => /Invalid job id|already completed|Job\/step already/i.test(stderr)

  /** Nothing where nothing is accounted, or the accounts are out of reach: the controller is asked then. */
  const accounted = (ids: ReadonlyArray<string>) =>
    ran("sacct", "-n", "-P", "-X", "-o", "JobID,State,ExitCode", "-j", ids.join(",")).pipe(
      Effect.map(({ code, stdout }) => (code === 0 ? parseAccounting(stdout) : [])),
      Effect.orElseSucceed((): ReturnType<typeof parseAccounting> => []),
    )

  const remembered = (arrayId: string) =>
    Effect.flatMap(ran("scontrol", "-o", "show", "job", arrayId), (result) =>
      result.code !== 0 && isGone(result.stderr)
        ? Effect.succeed([])
        : Effect.map(succeeded("scontrol", result), parseJobs),
    )

  const client: Client = {
    submit: (path) =>
      Effect.flatMap(host.run(["sh", "-c", SBATCH, "sbatch", path]), (result) => {
        if (result.code !== 0) return submissionRefused(result)
        // A federation adds its cluster's name: `12;cluster`. A greeting of the site may come before.
        const id = /^(\d+)(?:;.*)?$/m.exec(result.stdout)?.[1]
        return id === undefined
          ? Effect.fail(outOfReach(`sbatch on ${host.name} gave no job id but ${JSON.stringify(result.stdout)}`))
          : Effect.succeed(id)
      }),
    queue: (names) => {
      const ours = new Set(names)
      // Filtered there where the list fits a command line, and here in any case.
      const filter = names !== undefined && names.length <= CHUNK ? [`--name=${names.join(",")}`] : []
      if (names?.length === 0) return Effect.succeed([])
      return Effect.map(call("squeue", "--me", "-h", "-r", "-o", FORMAT, ...filter), (text) =>
        parseQueue(text).filter(({ name }) => names === undefined || ours.has(name)),
      )
    },
    cancel: (ids) =>
      Effect.forEach(
        chunks(ids),
        (some) =>
          Effect.flatMap(ran("scancel", ...(some as [string, ...Array<string>])), (result) =>
            result.code === 0 || isGone(result.stderr) ? Effect.void : Effect.fail(refusal("scancel", result, known)),
          ),
        { discard: true },
      ),
    requeue: (id) => Effect.asVoid(call("scontrol", "requeue", id)),
    fate: (ids) =>
      Effect.gen(function* () {
        const found = new Map<string, Fate>()
        const wanted = new Set(ids)
        const add = (fates: ReadonlyArray<readonly [string, Fate]>) => {
          for (const [id, fate] of fates) if (wanted.has(id)) found.set(id, fate)
        }
        for (const some of chunks(ids)) add(yield* accounted(some))
        // The controller remembers ended jobs for MinJobAge, 5 min by default.
        const missing = ids.filter((id) => !found.has(id))
        for (const arrayId of new Set(missing.map((id) => id.split("_")[0]!))) add(yield* remembered(arrayId))
        return found
      }),
    limits: Effect.gen(function* () {
      const config = yield* call("scontrol", "show", "config")
      const text = yield* call("scontrol", "-o", "show", "partition")
      const lines = text.split("\n").filter((line) => line.startsWith("PartitionName="))
      const nameOf = (line: string) => valueOf(line, "PartitionName")!
      // Several are allowed, `a,b`: the first one's limits stand for all.
      const wanted = site.partition?.split(",")[0]
      const line = lines.find((line) =>
        wanted === undefined ? valueOf(line, "Default") === "YES" : nameOf(line) === wanted,
      )
      if (line === undefined)
        return yield* Effect.fail(
          wanted === undefined
            ? slurmError(
                "Unavailable",
                `partition is missing, and this cluster has no default one; it has ${lines.map(nameOf).join(", ")}`,
                { field: "partition" },
              )
            : refusal(
                "scontrol",
                { code: 1, stderr: "invalid partition" },
                { ...known, partitions: lines.map(nameOf) },
              ),
        )
      const name = nameOf(line)
      const state = valueOf(line, "State")
      if (state !== "UP")
        yield* Effect.logWarning(
          `partition ${name} is ${state}: its jobs wait until it is up; ask who runs the cluster, or choose another of \`sinfo -s\``,
        )
      return {
        maxArraySize: Number(setting(config, "MaxArraySize")),
        partition: { name, maxMinutes: minutes(valueOf(line, "MaxTime")), cpus: Number(valueOf(line, "TotalCPUs")) },
      }
    }),
  }
  // Submitting twice makes two jobs; everything else can be asked again.
  return {
    ...client,
    queue: (names) => persistently(client.queue(names)),
    cancel: (ids) => persistently(client.cancel(ids)),
    fate: (ids) => persistently(client.fate(ids)),
    limits: persistently(client.limits),
  }
}
