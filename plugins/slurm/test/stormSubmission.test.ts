/** A driver that dies at each step of a submission, and the one after it: every run is trained by one job. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "vitest"
import { itOnCluster } from "./cluster.ts"
import { startSite, type TestSite, workerOf } from "./site.ts"
import { openSubmissions, outcomeOf, settled } from "./storm.ts"
import { type Driven, drive } from "./stormDrivers.ts"
import { shortRuns, undisturbed } from "./stormStudies.ts"

const study = shortRuns("submission", 6, 2 ** 16)

/** Writes down the runs of the order that it hands to a worker. */
const NOTE = [
  "order=$(mktemp)",
  'cat > "$order"',
  'grep -o \'"runId":"[0-9a-f]*","assignment"\' "$order" >> "$0"',
  'exec "$@" < "$order"',
].join("; ")

describe("a driver that is killed while it submits", () => {
  let site: TestSite
  let folder: string
  beforeAll(async () => {
    site = await startSite()
  }, 60_000)
  afterAll(() => site?.stop())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tt-submission-"))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** A PATH on which the first `sbatch` of a study is this script: `$PPID` is the driver, `$script` what it submits. */
  const pathWith = (...lines: ReadonlyArray<string>): string => {
    const bin = join(folder, "bin")
    const path = process.env["PATH"]!
    mkdirSync(bin)
    const wrapper = [
      "#!/bin/sh",
      `PATH='${path}'`,
      "for script; do :; done",
      'submission=$(dirname "$script")',
      // Neither the job that asks a node what it can do, nor a second submission.
      `grep -q '"do":"train"' "$submission/orders.jsonl" && mkdir '${folder}/once' 2>/dev/null || exec sbatch "$@"`,
      ...lines,
    ]
    writeFileSync(join(bin, "sbatch"), `${wrapper.join("\n")}\n`)
    chmodSync(join(bin, "sbatch"), 0o755)
    return `${bin}${delimiter}${path}`
  }

  const start = (name: string, path: string, onInterrupt: "leave" | "cancel" = "leave"): Driven => {
    const worker = ["sh", "-c", NOTE, join(folder, "runs"), ...workerOf("surrogate")] as const
    return drive(
      join(folder, "study"),
      study,
      site.options("surrogate", { name, worker: [...worker], onInterrupt, jobs: 6 }),
      { env: { PATH: path } },
    )
  }

  const KILL = "kill -KILL $PPID"
  const deaths = {
    "before sbatch": [KILL],
    // It has read the script, and gets through when the next driver is at work already.
    "before sbatch, which is late": [
      'cp "$script" "$submission.late"',
      KILL,
      "sleep 4",
      'sbatch --parsable --export=NONE "$submission.late" > /dev/null',
      'rm "$submission.late"',
    ],
    "after sbatch, before its answer": ['sbatch "$@" > /dev/null', KILL],
    "after sbatch, when its jobs have ended": [
      'sbatch "$@" > /dev/null',
      'until [ "$(ls "$submission"/journals/*/done 2>/dev/null | wc -l)" -eq 6 ]; do sleep 0.1; done',
      "sleep 1",
      KILL,
    ],
  }

  for (const [i, [when, lines]] of Object.entries(deaths).entries())
    itOnCluster(`${when}: each run is trained by one job, once`, { timeout: 120_000 }, async () => {
      const name = `death-${i}`
      const driven = start(name, pathWith(...lines))
      expect(await driven.done).toEqual([])
      expect(driven.starts).toBe(2)
      const trained = readFileSync(join(folder, "runs"), "utf8").trim().split("\n")
      expect(trained).toHaveLength(6)
      expect(new Set(trained).size).toBe(6)
      const found = await outcomeOf(driven, "surrogate")
      expect(found).toEqual(await undisturbed(study, "surrogate"))
      expect(await settled(site, 60)).toEqual({ jobs: 0, processes: 0 })
      expect(openSubmissions(join(site.shared, name, "jobs"))).toEqual([])
    })

  itOnCluster("leaves no job when it is interrupted in the middle of it", { timeout: 120_000 }, async () => {
    const path = pathWith("kill -INT $PPID", "sleep 1", 'exec sbatch "$@"')
    const driven = start("interrupted", path, "cancel")
    await driven.done
    expect(await settled(site)).toEqual({ jobs: 0, processes: 0 })
    expect(openSubmissions(join(site.shared, "interrupted", "jobs"))).toEqual([])
  })
})
