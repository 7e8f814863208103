/** What a site wants to hear about its jobs: checked before anything is submitted, for most of it ends up in a script. */
import type { BackendError } from "@ts/backend"
import { Effect, Predicate, Schema, SchemaIssue } from "effect"
import { slurmError } from "./errors.ts"
import { minutesOf } from "./timeLimit.ts"

const filter = <T>(holds: (value: T) => boolean, expected: string) =>
  Schema.makeFilter<T>((value) => holds(value) || `must be ${expected}`)

const Positive = Schema.Finite.check(filter((value) => value > 0, "a positive number"))
const Count = Schema.Int.check(filter((value) => value > 0, "a positive whole number"))

/** Nothing that would end a `#SBATCH` line, begin a comment in it, or be taken for a file name pattern. */
const word = (example: string) =>
  Schema.String.check(
    filter((value) => /^[\w.,:;=+/@*()&|![\]-]+$/.test(value) && !value.startsWith("-"), `one word, like "${example}"`),
  )

const Text = Schema.String.check(filter((value) => !value.includes("\0"), "a text without NUL characters"))
const Line = Text.check(filter((value) => !/[\r\n]/.test(value), "one line"))
const Argv = Schema.NonEmptyArray(Text).check(
  filter(([command]) => command !== "", 'a command and its arguments, like ["apptainer", "exec", "image.sif"]'),
)

/** A folder that driver, login node and compute nodes all see under this name. */
const SharedFolder = Line.check(
  filter(
    (value) => value.startsWith("/") && value !== "/" && !value.split("/").includes(".."),
    'the absolute path of a folder on the shared file system, without `..`, like "/scratch/me/time-transfer"',
  ),
)

/** Values end up in a script on the shared folder. */
const SECRET = /(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|API_?KEY|ACCESS_KEY|PRIVATE_KEY)$/i

const Environment = Schema.Record(Schema.String, Text).check(
  Schema.makeFilter((variables) => {
    for (const name of Object.keys(variables)) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
        return `must be a record of variables: letters, digits and _ make a name, not ${JSON.stringify(name)}`
      if (SECRET.test(name))
        return `must hold no secret, for jobs' scripts repeat it: put ${name} in a file that only you can read, and read that in setup, like ". ~/.secrets"`
      if (/^(SLURM|SBATCH|TIME_TRANSFER)_/.test(name)) return `must leave ${name} to Slurm and this backend`
    }
    return undefined
  }),
)

const TimeLimit = Schema.String.check(
  filter((value) => minutesOf(value) !== undefined, 'a time like "4h", "30min", "1-12:00:00" or "240" (minutes)'),
)

/** A login node, as `ssh` knows it. Key, jump host and the like belong into `~/.ssh/config`, or into `options`. */
const LoginNode = Schema.Struct({
  /** `user@login.cluster.example`, or a `Host` of `~/.ssh/config`. */
  ssh: Schema.String.check(
    filter((value) => /^[^\s-]\S*$/.test(value) && !/[\0'"\\;&|$`]/.test(value), 'like "me@login.cluster.example"'),
  ),
  /** Arguments of `ssh` that go before the host. */
  options: Schema.optionalKey(Schema.Array(Text)),
})

const fields = {
  /** Folder on the shared file system, the same path everywhere; made when it is not there. */
  shared: SharedFolder,
  partition: Schema.optionalKey(word("gpu")),
  account: Schema.optionalKey(word("project123")),
  qos: Schema.optionalKey(word("normal")),
  gres: Schema.optionalKey(word("gpu:1")),
  constraint: Schema.optionalKey(word("icelake&ib")),
  nodelist: Schema.optionalKey(word("node[1-8]")),
  exclude: Schema.optionalKey(word("node7")),
  /** Of one job; absent: the partition's default. */
  time: Schema.optionalKey(TimeLimit),
  cpusPerTask: Schema.optionalKey(Count),
  /** Of one job, like "16G". */
  memory: Schema.optionalKey(Schema.String.check(filter((value) => /^\d+[KMGT]?$/.test(value), 'like "16G"'))),
  /** What goes before the worker's command, e.g. `["apptainer", "exec", "image.sif"]`. */
  container: Schema.optionalKey(Argv),
  /** Lines of shell before each worker, in a shell of its own, e.g. `module load python`: the user's own, run as they are. */
  setup: Schema.optionalKey(Schema.Array(Line)),
  /** Variables for the worker. Nothing of the driver's environment gets there by itself. */
  environment: Schema.optionalKey(Environment),
  /** The command that speaks the worker protocol; absent: the backend's own choice. */
  worker: Schema.optionalKey(Argv),
  /** How long before its time limit a job is told to stop. */
  signalSeconds: Schema.optionalKey(Count.check(filter((value) => value <= 65_535, "at most 65535"))),
  /** How often a job that was stopped puts itself back into the queue. */
  restarts: Schema.optionalKey(Schema.Int.check(filter((value) => value >= 0, "0 or more"))),
  /** Name of the study: its folder below `shared`, and part of its jobs' names. */
  name: Schema.optionalKey(
    Schema.String.check(
      filter(
        (value) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(value),
        "letters, digits, dots, dashes and underscores",
      ),
    ),
  ),
  /** The study's own folder of checkpoints, where it lies on the shared file system; absent: one below `shared`. */
  checkpoints: Schema.optionalKey(SharedFolder),
  /** What the worker has to call itself, name and version, where its name is this. */
  expects: Schema.optionalKey(Line),
  /** Jobs in the queue at a time; absent: as many as the partition has room for, at most 1000. */
  jobs: Schema.optionalKey(Count),
  /** What a job should take at least: short runs share one. */
  jobSeconds: Schema.optionalKey(Positive),
  /** How long bundles are gathered before they are submitted together. */
  gatherSeconds: Schema.optionalKey(Positive),
  /** What a job waits in the queue, about: runs stop at their horizons only where getting there takes many times that. */
  startupSeconds: Schema.optionalKey(Positive),
  /** Interrupted, jobs go on (`leave`), and the next driver finds them; or they are cancelled. */
  onInterrupt: Schema.optionalKey(Schema.Literals(["leave", "cancel"])),
  /** How long a cancelled job may take to write its checkpoint before nobody waits for it any more. */
  graceSeconds: Schema.optionalKey(Positive),
  /** How long a job may be out of the queue before its order is given up: a network file system may show its last words late. */
  lostSeconds: Schema.optionalKey(Positive),
  /** A job that runs and says nothing for so long hangs, and is cancelled. */
  stallSeconds: Schema.optionalKey(Positive),
  /** Where the scheduler's commands run; absent: here. */
  host: Schema.optionalKey(LoginNode),
  /** How often journals are looked at. */
  pollSeconds: Schema.optionalKey(Positive),
  /** How often the queue is looked at: one call of the scheduler. */
  queueSeconds: Schema.optionalKey(Positive),
  /** Files looked at in a second, at most: with more journals than that, each is looked at less often. */
  filesPerSecond: Schema.optionalKey(Positive),
  /** What one call of the scheduler or of `ssh` may take. */
  timeoutSeconds: Schema.optionalKey(Positive),
}

const Fields = Schema.Struct(fields)

export interface SlurmOptions extends Schema.Schema.Type<typeof Fields> {
  /** The last word on a job's script, line by line, for what these options lack: add `#SBATCH` lines after the first. */
  readonly script?: (lines: ReadonlyArray<string>) => ReadonlyArray<string>
}

const defaults = {
  ...{ name: "runs", signalSeconds: 60, restarts: 100, onInterrupt: "leave" as "leave" | "cancel" },
  ...{ pollSeconds: 5, queueSeconds: 30, filesPerSecond: 200, timeoutSeconds: 20 },
  ...{ jobSeconds: 600, gatherSeconds: 1, startupSeconds: 60, graceSeconds: 60, lostSeconds: 60, stallSeconds: 900 },
}

/** Options with defaults filled in. */
export type Site = SlurmOptions & Readonly<typeof defaults>

const decode = Schema.decodeUnknownResult(Fields, { onExcessProperty: "error" })
const flatten = SchemaIssue.makeFormatterStandardSchemaV1()
const known = [...Object.keys(fields), "script"]

const sentence = (issue: SchemaIssue.Issue, given: unknown): { readonly field: string; readonly message: string } => {
  const { message, path = [] } = flatten(issue).issues[0]!
  const keys = path.map((part) => (Predicate.isObject(part) ? (part as { key: PropertyKey }).key : part))
  const field = keys.map(String).join(".") || "options"
  const value = keys.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key as string],
    given,
  )
  if (/excess property|unexpected/i.test(message))
    return { field, message: `${field} is no option of Slurm's backend; there are ${known.join(", ")}` }
  if (value === undefined) return { field, message: `${field} is missing; set it: it ${needs[field] ?? "is required"}` }
  const wanted = message.startsWith("must be ") || message.startsWith("must ") ? message : `must be: ${message}`
  // An environment's values stay unsaid: what is refused there may be a secret.
  const shown = field === "environment" ? Object.keys(value as object).join(", ") : JSON.stringify(value)
  return { field, message: `${field} is ${shown}; it ${wanted}` }
}

const needs: Record<string, string> = {
  shared: 'is the absolute path of a folder that all nodes see, like "/scratch/me/time-transfer"',
  "host.ssh": 'is the login node, like "me@login.cluster.example"',
}

/** Fails with the first field at fault. */
export const siteOf = (options: SlurmOptions): Effect.Effect<Site, BackendError> =>
  Effect.suspend(() => {
    const { script, ...plain } = options
    const refuse = (field: string, message: string) =>
      Effect.fail(slurmError("InvalidSpec", `slurm: ${message}`, { field }))
    if (script !== undefined && typeof script !== "function")
      return refuse("script", "script must be a function from lines to lines")
    const result = decode(plain)
    if (result._tag === "Failure") {
      const { field, message } = sentence(result.failure.issue, plain)
      return refuse(field, message)
    }
    const shared = result.success.shared.replace(/\/+$/, "")
    const site = { ...defaults, ...result.success, shared, ...(script === undefined ? {} : { script }) }
    const seconds = site.time === undefined ? Number.POSITIVE_INFINITY : 60 * minutesOf(site.time)!
    // Slurm may signal up to a minute early; a job that is told to stop at once comes back again and again, and gets nowhere.
    if (seconds <= 2 * site.signalSeconds)
      return refuse(
        "time",
        `time is ${JSON.stringify(site.time)}, and a job is told to stop ${site.signalSeconds} s before that; it must be more than twice as long as signalSeconds`,
      )
    return Effect.succeed(site)
  })
