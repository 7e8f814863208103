import { Effect } from "effect"
import { expect, it } from "vitest"
import { type SlurmOptions, siteOf } from "./options.ts"

const shared = "/scratch/me"
const site = (options: object) => Effect.runSync(siteOf({ shared, ...options } as SlurmOptions))
const refused = (options: object) => Effect.runSync(Effect.flip(siteOf({ shared, ...options } as SlurmOptions)))

it("fills in defaults and takes all there is", () => {
  expect(site({ shared: "/scratch/me/" })).toMatchObject({
    shared: "/scratch/me",
    signalSeconds: 60,
    restarts: 100,
    pollSeconds: 5,
    timeoutSeconds: 20,
  })
  const script = (lines: ReadonlyArray<string>) => lines
  const full = {
    partition: "gpu,cpu",
    account: "proj-1",
    qos: "normal",
    gres: "gpu:a100:1",
    constraint: "[rack1*2&rack2*4]|ib",
    nodelist: "n[1-8,10]",
    time: "1-12:00:00",
    memory: "16G",
    container: ["apptainer", "exec", "my image.sif"],
    setup: ["module load python", ". ~/.secrets"],
    environment: { TOKENIZERS_PARALLELISM: "false", WHAT: "$(id)\n'" },
    worker: ["python3", "train.py"],
    host: { ssh: "me@login", options: ["-p", "2222"] },
    script,
  }
  expect(site(full)).toMatchObject(full)
})

it.each([
  [{ shared: undefined }, "shared", /shared is missing; set it/],
  [{ shared: "scratch" }, "shared", /shared is "scratch"; it must be the absolute path/],
  [{ shared: "/a/../b" }, "shared", /without `..`/],
  [{ shared: "/a\nb" }, "shared", /one line/],
  [{ partition: "main\n#SBATCH --uid=0" }, "partition", /partition is "main\\n#SBATCH --uid=0"; it must be one word/],
  [{ account: "a b" }, "account", /one word, like "project123"/],
  [{ constraint: "a #b" }, "constraint", /one word/],
  [{ gres: "$(id)" }, "gres", /one word/],
  [{ time: "soon" }, "time", /time is "soon"; it must be a time like "4h"/],
  [{ time: "1min" }, "time", /time is "1min", and a job is told to stop 60 s before that; it must be more than twice/],
  [{ time: "10min", signalSeconds: 300 }, "time", /twice as long as signalSeconds/],
  [{ memory: "lots" }, "memory", /must be like "16G"/],
  [{ cpusPerTask: 0 }, "cpusPerTask", /cpusPerTask is 0; it must be a positive whole number/],
  [{ setup: ["a\nb"] }, "setup.0", /one line/],
  [{ container: [""] }, "container", /a command and its arguments/],
  [{ environment: { "A B": "" } }, "environment", /letters, digits and _/],
  [{ environment: { HF_TOKEN: "hf_x" } }, "environment", /put HF_TOKEN in a file that only you can read/],
  [{ environment: { SLURM_JOB_ID: "1" } }, "environment", /leave SLURM_JOB_ID to Slurm/],
  [{ host: { ssh: "-oProxyCommand=id" } }, "host.ssh", /like "me@login/],
  [{ partitoin: "gpu" }, "partitoin", /partitoin is no option of Slurm's backend; there are shared, partition/],
  [{ script: "x" }, "script", /must be a function/],
])("refuses %j, naming the field and the way out", (options, field, message) => {
  const error = refused(options)
  expect(error).toMatchObject({ backend: "slurm", reason: "InvalidSpec", retryable: false, field })
  expect(error.message).toMatch(message)
  expect(error.message).not.toContain("hf_x")
})
