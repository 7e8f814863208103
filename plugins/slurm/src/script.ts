// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell writes ${...}, too
/**
 * The script of a job array of workers, in POSIX sh. It works on a submission, a folder on the shared file system:
 *
 *     orders.jsonl         one order a line
 *     tasks                line i + 1 for task i of the array: FIRST LAST, the numbers of its lines in orders.jsonl
 *     stop                 once it is there, nothing starts any more (write it before `scancel`)
 *     claim                id of the one job array that works on this submission, written by the first task that starts
 *     attempts/I           name of the attempt that task I is at
 *     journals/N/attempt   name of the attempt that may go on with order N
 *     journals/N/NAME.jsonl   what the worker of that attempt said
 *     journals/N/NAME.exit    its worker's exit code, where it ended with neither 0 nor 75
 *     journals/N/done      order N is done: its worker ended with 0
 *     logs/N.err           what workers said to people; logs/ARRAY_I.out what this script did
 *
 * Names of attempts, `<job id>.<restarts>` padded with zeros, sort in time.
 */
import type { BackendError } from "@ts/backend"
import { ATTEMPT_VARIABLE, workerExit } from "@ts/worker"
import { Effect } from "effect"
import { slurmError } from "./errors.ts"
import type { Site } from "./options.ts"
import { quote, quoteAll } from "./quote.ts"
import { minutesOf } from "./timeLimit.ts"

/** How a job ends, where a scheduler tells no more than that. */
export const scriptExit = {
  /** All of its orders are done, or another job array works on this submission. */
  done: 0,
  /** An order is not done, and trying it again in this job would not have helped. */
  failed: 1,
  /** Its node does not see the submission: the shared folder is not shared. */
  notShared: 66,
  /** Stopped before it was done, and not in the queue again. */
  stopped: workerExit.stopped,
} as const

export interface ScriptInput {
  readonly site: Site
  /** Of the submission; absolute. */
  readonly folder: string
  /** Of the job: how the queue is searched. */
  readonly name: string
  /** The array has tasks 0 to `tasks - 1`. */
  readonly tasks: number
  /** Command and arguments, where the site names none. */
  readonly worker: readonly [string, ...Array<string>]
  /** How long a node may take to see a submission that was just written. */
  readonly visibleSeconds?: number
}

const directives = ({ site, name, tasks }: ScriptInput): ReadonlyArray<string> => {
  const options: Record<string, string | number | undefined> = {
    "job-name": name,
    array: `0-${tasks - 1}`,
    partition: site.partition,
    account: site.account,
    qos: site.qos,
    gres: site.gres,
    constraint: site.constraint,
    nodelist: site.nodelist,
    exclude: site.exclude,
    time: site.time === undefined ? undefined : minutesOf(site.time),
    nodes: 1,
    ntasks: 1,
    "cpus-per-task": site.cpusPerTask,
    mem: site.memory,
    signal: `B:TERM@${site.signalSeconds}`,
    // A node that does not see the folder could not even open a log there, and the job would end without a reason.
    output: "/dev/null",
    chdir: "/",
    // Nothing of the driver's environment: workers get that of a login, and what the site names.
    export: "NONE",
  }
  const set = Object.entries(options).flatMap(([option, value]) =>
    value === undefined ? [] : [`--${option}=${value}`],
  )
  return [...set, "--requeue", "--open-mode=append"].map((option) => `#SBATCH ${option}`)
}

const EXPORTS = "export SLURM_EXPORT_ENV=ALL; unset SLURM_JWT"

const preamble = ({ folder, visibleSeconds = 30 }: ScriptInput): ReadonlyArray<string> => [
  "umask 077",
  EXPORTS,
  `folder=${quote(folder)}`,
  "task=$SLURM_ARRAY_TASK_ID array=$SLURM_ARRAY_JOB_ID",
  'attempt=$(printf "%010d.%04d" "$SLURM_JOB_ID" "${SLURM_RESTART_COUNT:-0}")',
  "",
  "# A network file system may show a new folder late.",
  "waited=0",
  'until cd "$folder" 2>/dev/null && [ -f orders.jsonl ] && [ -f tasks ]; do',
  `  [ "$waited" -lt ${visibleSeconds} ] || exit ${scriptExit.notShared}`,
  "  sleep 1; waited=$((waited + 1))",
  "done",
  "mkdir -p logs attempts journals",
  'exec >> "logs/${array}_$task.out" 2>&1 < /dev/null',
  'say() { echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $attempt on $(uname -n): $*"; }',
  "",
  "# A file linked into place is there with its content, and once. The first array to start is the one that works.",
  'echo "$array" > ".claim.$attempt"',
  'ln ".claim.$attempt" claim 2>/dev/null',
  'rm -f ".claim.$attempt"',
  "read -r owner < claim",
  '[ "$owner" = "$array" ] || { say "job $owner works on this already"; exit 0; }',
  "",
  "# Put in place of what was there, whole.",
  'replace() { echo "$attempt" > "$1.$attempt" && mv -f "$1.$attempt" "$1"; }',
  'mine() { read -r current < "attempts/$task" && [ "$current" = "$attempt" ]; }',
  'replace "attempts/$task"',
  'say "starts"',
]

const signals = ({ site }: ScriptInput): ReadonlyArray<string> => [
  "stopped= worker=",
  'stop() { stopped=1; [ -z "$worker" ] || kill -TERM "$worker" 2>/dev/null; }',
  "trap stop TERM USR1",
  "",
  "# Stopped by a time limit or to make room, the job goes back into the queue; one that was cancelled does not.",
  "again() {",
  '  say "stopped"',
  `  [ -e stop ] && exit ${scriptExit.stopped}`,
  `  [ "\${SLURM_RESTART_COUNT:-0}" -lt ${site.restarts} ] || { say "restarted often enough"; exit ${scriptExit.stopped}; }`,
  '  case $(scontrol -o show job "${array}_$task") in',
  '    *" JobState=RUNNING "*) trap "" TERM USR1; scontrol requeue "${array}_$task" && say "in the queue again" ;;',
  '    *) say "ended by Slurm" ;;',
  "  esac",
  `  exit ${scriptExit.stopped}`,
  "}",
]

/** A worker's own shell: what its environment and setup change there, print or read is nothing to this script. */
const workers = ({ site, worker }: ScriptInput): ReadonlyArray<string> => [
  "prepare() {",
  ...Object.entries(site.environment ?? {}).map(([name, value]) => `export ${name}=${quote(value)}`),
  ...(site.setup ?? []),
  ":",
  "}",
  "# Its input is the order, its output the journal: setup gets neither.",
  "work() {",
  "  exec 8<&0 9>&1 < /dev/null >&2",
  "  prepare",
  `  export ${ATTEMPT_VARIABLE}="$attempt"`,
  `  exec ${quoteAll([...(site.container ?? []), ...(site.worker ?? worker)])} <&8 >&9 8<&- 9>&-`,
  "}",
]

const work = (): ReadonlyArray<string> => [
  'range=$(sed -n "$((task + 1))p" tasks)',
  "n=${range% *} last=${range#* } failed=0",
  'while [ "$n" -le "$last" ]; do',
  "  [ -e stop ] && exit 0",
  '  [ -z "$stopped" ] || again',
  '  mine || { say "a later attempt goes on"; exit 0; }',
  '  if [ ! -e "journals/$n/done" ]; then',
  '    mkdir -p "journals/$n"',
  '    replace "journals/$n/attempt"',
  '    sed -n "${n}{p;q;}" orders.jsonl | work >> "journals/$n/$attempt.jsonl" 2>> "logs/$n.err" &',
  "    worker=$!",
  '    [ -z "$stopped" ] || stop # it may have come before the worker had a name',
  "    # A signal ends the waiting, not the worker.",
  '    while :; do wait "$worker"; code=$?; kill -0 "$worker" 2>/dev/null || break; done',
  "    worker=",
  '    mine || { say "a later attempt goes on"; exit 0; }',
  "    # Told to stop before it could listen, in its setup for example: 128 + TERM.",
  '    [ "$code" -ne 143 ] || [ -z "$stopped" ] || again',
  "    case $code in",
  '      0) : > "journals/$n/done" ;;',
  `      ${workerExit.stopped}) again ;;`,
  '      *) say "order $n: its worker ended with $code"; failed=1; echo "$code" > "journals/$n/$attempt.exit"; [ -z "$stopped" ] || again ;;',
  "    esac",
  "  fi",
  "  n=$((n + 1))",
  "done",
  'say "ends"',
  "exit $failed",
]

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/

/** The text of a script for `sbatch`. Fails for what would not do in it. */
export const jobScript = (input: ScriptInput): Effect.Effect<string, BackendError> => {
  const refuse = (field: string, value: unknown, wanted: string) =>
    Effect.fail(slurmError("InvalidSpec", `${field} is ${JSON.stringify(value)}; it must be ${wanted}`, { field }))
  const { name, folder, tasks, site } = input
  if (!NAME.test(name)) return refuse("name", name, "letters, digits, dots, dashes and underscores")
  if (!folder.startsWith("/") || /[\0\r\n]/.test(folder))
    return refuse("folder", folder, "an absolute path of one line")
  if (!Number.isInteger(tasks) || tasks < 1) return refuse("tasks", tasks, "a positive whole number")
  const parts = [preamble, signals, workers, work]
  const lines = ["#!/bin/sh", ...directives(input), "", ...parts.flatMap((part) => [...part(input), ""])]
  const own = site.script === undefined ? lines : site.script(lines)
  return Effect.succeed(`${own.join("\n").trimEnd()}\n`)
}
