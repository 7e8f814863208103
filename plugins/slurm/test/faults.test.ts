/** Some faults of the sweep engine, on a cluster. All of them: `packages/faults/test/backends.ts --only slurm`. */
import { faultCases, makeBench } from "@ts/faults"
import { afterAll, beforeAll, describe } from "vitest"
import { itOnCluster } from "./cluster.ts"
import { SHARED } from "./faultsBackend.ts"
import { startSite, type TestSite } from "./site.ts"

const seed = Number(process.env["FAULT_SEED"] ?? Date.now() % 1_000_000)
const sample = faultCases({ kills: 1, silence: 10_000 }).filter(({ name }) =>
  /commit of a journal event|once dies of a defect/.test(name),
)

describe(`a cluster under faults (FAULT_SEED=${seed})`, () => {
  let site: TestSite
  beforeAll(async () => {
    site = await startSite()
    process.env[SHARED] = site.shared
  }, 60_000)
  afterAll(() => site?.stop())

  for (const { name, run } of sample)
    itOnCluster(name, { timeout: 120_000 }, async () => {
      await run(await makeBench(new URL("./faultsBackend.ts", import.meta.url), { seed }))
    })
})
