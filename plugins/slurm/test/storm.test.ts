import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect } from "vitest"
import { itOnCluster } from "./cluster.ts"
import { startSite, type TestSite } from "./site.ts"
import { openSubmissions, sampledStorm, settled, storm } from "./storm.ts"
import { drive } from "./stormDrivers.ts"
import { shortRuns } from "./stormStudies.ts"

const seed = Number(process.env["FAULT_SEED"] ?? Date.now() % 1_000_000)

describe(`studies on a cluster in a storm (FAULT_SEED=${seed})`, () => {
  itOnCluster("lose nothing, double nothing and leave nothing behind", { timeout: 600_000 }, async () => {
    const { figures, left, ...found } = await storm({ ...sampledStorm, seed })
    console.log(figures)
    expect(found).toEqual({ runs: 40, readings: 80, lost: 0, doubled: 0, wrong: 0, failed: 0 })
    expect(left).toEqual({ jobs: 0, processes: 0, submissions: 0, runs: 0 })
  })
})

describe("a study that is interrupted and cancels", () => {
  let site: TestSite
  beforeAll(async () => {
    site = await startSite()
  }, 60_000)
  afterAll(() => site?.stop())

  const after = { "its first order": 0.1, "some readings": undefined }
  for (const [when, seconds] of Object.entries(after))
    itOnCluster(`leaves no job behind, interrupted after ${when}`, { timeout: 120_000 }, async () => {
      const name = when.replaceAll(" ", "-")
      const folder = mkdtempSync(join(tmpdir(), "tt-interrupted-"))
      const options = site.options("cpu", { name, onInterrupt: "cancel", jobs: 6 })
      const driven = drive(folder, shortRuns(name, 12, 2 ** 23), options)
      const jobs = () => site.cluster.command("squeue", "-h", "-r", "-o", "%i")
      while (!(await jobs()).includes("_5")) await sleep(20)
      if (seconds === undefined) while (driven.readings() < 2) await sleep(50)
      else await sleep(1000 * seconds)
      await driven.interrupt()
      expect(await settled(site)).toEqual({ jobs: 0, processes: 0 })
      expect(openSubmissions(join(site.shared, name, "jobs"))).toEqual([])
      rmSync(folder, { recursive: true })
    })
})
