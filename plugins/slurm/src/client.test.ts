/** What Slurm prints where no cluster of a test can be made to: accounts, quotas, other versions. */
import { Effect } from "effect"
import { expect, it } from "vitest"
import { parseAccounting, parseJobs, parseQueue } from "./client.ts"
import { hopeless, refusal } from "./clientErrors.ts"
import { siteOf } from "./options.ts"

const site = Effect.runSync(
  siteOf({ shared: "/scratch/me", account: "proj", qos: "long", time: "4h", partition: "gpu" }),
)
const known = { site, host: "me@login" }

it("reads queues, whatever the reason holds", () => {
  expect(parseQueue("12_3|12|3|PENDING|tt|(a|b)\n13|13|N/A|RUNNING|x|None\n\nslurm: notice\n")).toEqual([
    { id: "12_3", arrayId: "12", task: 3, state: "PENDING", name: "tt", reason: "(a|b)" },
    { id: "13", arrayId: "13", task: undefined, state: "RUNNING", name: "x", reason: "None" },
  ])
})

it("reads accounts and what the controller remembers", () => {
  expect(parseAccounting("12_0|COMPLETED|0:0\n12_1|CANCELLED by 1000|0:15\n")).toEqual([
    ["12_0", { state: "COMPLETED", exitCode: 0, signal: 0 }],
    ["12_1", { state: "CANCELLED", exitCode: 0, signal: 15 }],
  ])
  const line = "JobId=14 ArrayJobId=12 ArrayTaskId=3,5-6%2 JobName=a JobState=PENDING Reason=None ExitCode=0:0"
  expect(parseJobs(`${line}\nJobId=13 JobName=b JobState=FAILED ExitCode=66:0\n`)).toEqual([
    ...[3, 5, 6].map((task) => [`12_${task}`, { state: "PENDING", exitCode: 0, signal: 0 }]),
    ["13", { state: "FAILED", exitCode: 66, signal: 0 }],
  ])
})

it.each([
  [
    "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified",
    "account",
    false,
    /account is "proj", which is refused in partition "gpu"/,
  ],
  ["sbatch: error: Batch job submission failed: Invalid qos specification", "qos", false, /qos is "long"/],
  [
    "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    "jobs",
    true,
    /jobs is none, and account "proj" with qos "long" may not have so many submitted; set jobs to less/,
  ],
  [
    "sbatch: error: Batch job submission failed: User's group not permitted to use this partition",
    "partition",
    false,
    /you may not use/,
  ],
  ["sbatch: error: write: No space left on device", "shared", true, /no space is left at \/scratch\/me/],
  [
    "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation",
    undefined,
    true,
    /controller cannot be reached from me@login/,
  ],
  [
    "slurm_load_jobs error: Unable to contact slurm controller (connect failure)",
    undefined,
    true,
    /jobs go on, try again later/,
  ],
  ["sbatch: fatal: Could not establish a configuration source", "host", false, /has no configuration: set SLURM_CONF/],
  ["sbatch: error: something new", undefined, false, /sbatch on me@login failed: something new/],
])("says what %j means", (stderr, field, retryable, message) => {
  const error = refusal("sbatch", { code: 1, stderr }, known)
  expect(error).toMatchObject({ backend: "slurm", retryable, ...(field === undefined ? {} : { field }) })
  expect(error.message).toMatch(message)
})

it("tells jobs that will never start from those that wait", () => {
  for (const reason of [
    "None",
    "Priority",
    "Resources",
    "BeginTime",
    "JobArrayTaskLimit",
    "QOSMaxJobsPerUserLimit",
    "JobHeldUser",
  ])
    expect(hopeless(reason, known)).toBeUndefined()
  expect(hopeless("PartitionTimeLimit", known)).toMatchObject({ field: "time" })
  expect(hopeless("JobHeldAdmin", known)?.message).toMatch(/is cancelled; ask them why/)
  expect(hopeless("launch failed requeued held", known)?.message).toMatch(/held/)
})
