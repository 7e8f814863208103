/** What Slurm's commands say when they refuse, as errors with field and way out. The words are those of 22.05 to 25.05. */
import type { BackendError, BackendErrorReason } from "@ts/backend"
import { outOfReach, slurmError } from "./errors.ts"
import type { Ran } from "./host.ts"
import type { Site } from "./options.ts"

/** What an error may name: settings of the site, and what is known of it. */
export interface Known {
  readonly site: Site
  readonly host: string
  readonly partitions?: ReadonlyArray<string>
}

interface Refusal {
  readonly says: RegExp
  readonly field?: string
  readonly reason?: BackendErrorReason
  readonly retryable?: boolean
  readonly message: (known: Known) => string
}

const given = (value: unknown) => (value === undefined ? "none" : JSON.stringify(value))

/** Nobody says which of these it is. */
const beyondNodes = ({ partition, cpusPerTask, memory, gres, constraint }: Site) =>
  `no node of partition ${given(partition)} has what is asked for (cpusPerTask ${given(cpusPerTask)}, memory ${given(memory)}, gres ${given(gres)}, constraint ${given(constraint)}); ask for less, or of another partition`

const CONTROLLER =
  /Unable to contact slurm controller|Unable to establish controller|Socket timed out|Zero Bytes were transmitted|Transport endpoint is not connected|Connection (refused|reset|timed out)|in standby mode|temporarily unable|Resource temporarily unavailable|Unexpected message received|connect failure/i

/** In order: the first that fits tells. */
const REFUSALS: ReadonlyArray<Refusal> = [
  {
    says: /No space left|quota exceeded/i,
    field: "shared",
    retryable: true,
    message: ({ site }) => `no space is left at ${site.shared}, or for the controller's spool; free some there`,
  },
  {
    says: /fetch_config|Could not establish a configuration source|slurm\.conf.*(No such file|not found)|Unable to process configuration file/i,
    field: "host",
    message: ({ host }) =>
      `Slurm on ${host} has no configuration: set SLURM_CONF there, or give a login node as host: { ssh: "me@login" }`,
  },
  {
    says: /invalid partition/i,
    field: "partition",
    message: ({ site, partitions = [] }) =>
      `partition is ${given(site.partition)}, which this cluster does not have${partitions.length > 0 ? `; it has ${partitions.join(", ")}` : "; `sinfo -s` lists them"}`,
  },
  {
    says: /group not permitted|not permitted to use this partition/i,
    field: "partition",
    message: ({ site }) => `partition is ${given(site.partition)}, which you may not use; choose one of \`sinfo -s\``,
  },
  {
    says: /invalid account|account\/partition combination|InvalidAccount/i,
    field: "account",
    message: ({ site }) =>
      `account is ${given(site.account)}, which is refused in partition ${given(site.partition)}; \`sacctmgr show assoc user=$USER\` lists yours`,
  },
  {
    says: /invalid qos|InvalidQOS/i,
    field: "qos",
    message: ({ site }) =>
      `qos is ${given(site.qos)}, which is refused; \`sacctmgr show assoc user=$USER format=qos\` lists yours`,
  },
  {
    says: /generic resource \(gres\)|invalid gres|Invalid Trackable RESource/i,
    field: "gres",
    message: ({ site }) => `gres is ${given(site.gres)}, which no node has; \`sinfo -o "%P %G"\` lists what there is`,
  },
  {
    says: /invalid feature|Invalid constraint/i,
    field: "constraint",
    message: ({ site }) =>
      `constraint is ${given(site.constraint)}, which no node meets; \`sinfo -o "%P %f"\` lists features`,
  },
  {
    says: /time limit is invalid|time limit exceeds|PartitionTimeLimit/i,
    field: "time",
    message: ({ site }) =>
      `time is ${given(site.time)}, which is over the limit of partition ${given(site.partition)}; ask for less`,
  },
  {
    says: /QOSMaxSubmit|AssocMaxSubmit|QOSMaxJobs|violates accounting\/QOS policy|Job\/step .*limit|maximum number of jobs|MaxJobCount/i,
    field: "jobs",
    retryable: true,
    message: ({ site }) =>
      `jobs is ${given(site.jobs)}, and account ${given(site.account)} with qos ${given(site.qos)} may not have so many submitted; set jobs to less, or wait for others to end`,
  },
  {
    says: /memory.*(not available|can not be satisfied)|Memory specification/i,
    field: "memory",
    message: ({ site }) =>
      `memory is ${given(site.memory)}, which no node of partition ${given(site.partition)} has; ask for less`,
  },
  {
    says: /CPU count per node|More processors requested|CPU count specification/i,
    field: "cpusPerTask",
    message: ({ site }) =>
      `cpusPerTask is ${given(site.cpusPerTask)}, which no node of partition ${given(site.partition)} has; ask for less`,
  },
  {
    says: /invalid node name|Node count specification|Required node not available/i,
    field: "nodelist",
    message: ({ site }) =>
      `nodelist is ${given(site.nodelist)} and exclude ${given(site.exclude)}, which leave no node to run on; \`sinfo -N\` lists them`,
  },
  {
    says: /Requested node configuration is not available|Requested partition configuration not available/i,
    field: "partition",
    message: ({ site }) => beyondNodes(site),
  },
  {
    says: /Invalid job array specification/i,
    message: () => "the job array is larger than MaxArraySize of this cluster; submit it in parts",
  },
  {
    says: /unrecognized option|invalid option|Invalid --|Invalid directive/i,
    field: "script",
    message: () => "a line that the option script added is not understood",
  },
  {
    says: /Access\/permission denied|Invalid user id|Protocol authentication error/i,
    field: "host",
    message: ({ host }) => `Slurm does not accept who you are on ${host}; check that \`squeue\` works there`,
  },
]

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? ""

/** Why a command of Slurm ended with a code other than 0. */
export const refusal = (
  command: string,
  { code, stderr }: Pick<Ran, "code" | "stderr">,
  known: Known,
): BackendError => {
  const said = lastLine(stderr).replace(/^\w+: (error|fatal): /, "")
  if (code === 127)
    return slurmError(
      "Unavailable",
      `there is no ${command} on ${known.host}, so no Slurm; go to a login node, load its module, or give one as host: { ssh: "me@login" }`,
      { field: "host" },
    )
  for (const { says, message, field, reason = "Unavailable", retryable = false } of REFUSALS) {
    if (!says.test(stderr)) continue
    return slurmError(reason, `${message(known)} (${command}: ${said})`, { retryable, ...(field ? { field } : {}) })
  }
  if (CONTROLLER.test(stderr))
    return outOfReach(
      `Slurm's controller cannot be reached from ${known.host} (${command}: ${said}); jobs go on, try again later`,
    )
  return slurmError("Unavailable", `${command} on ${known.host} failed: ${said || `exit code ${code}`}`)
}

/** Whether a submission was refused only because it would be too many jobs. */
export const isFull = ({ field }: BackendError): boolean => field === "jobs"

/** Why a job that waits will never start as it is, with the way out; undefined for a job that only has to wait. */
export const hopeless = (reason: string, { site }: Known): BackendError | undefined => {
  const refuse = (field: string, message: string) =>
    slurmError("Unavailable", `${message} (job waits: ${reason})`, { field })
  switch (reason) {
    case "PartitionTimeLimit":
      return refuse(
        "time",
        `time is ${given(site.time)}, which is over the limit of partition ${given(site.partition)}; ask for less`,
      )
    case "PartitionNodeLimit":
    case "BadConstraints":
      return refuse(
        "constraint",
        `no node of partition ${given(site.partition)} meets what is asked for; \`scontrol show partition\` tells its limits`,
      )
    case "PartitionConfig":
      return refuse("partition", beyondNodes(site))
    case "InvalidAccount":
      return refuse("account", `account is ${given(site.account)}, which is refused`)
    case "InvalidQOS":
      return refuse("qos", `qos is ${given(site.qos)}, which is refused`)
    case "JobHeldAdmin":
      return refuse("partition", "who runs the cluster holds the job back, so it is cancelled; ask them why")
    default:
      return /requeued held|launch failed/i.test(reason)
        ? refuse(
            "partition",
            "the job could not be launched and was held, so it is cancelled; `scontrol show job` tells where",
          )
        : undefined
  }
}
