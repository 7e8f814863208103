/** What a node can do is asked once, and again when it was found to be out of date. */
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { afterAll, beforeAll, expect } from "vitest"
import { makeAttendance } from "../src/attend.ts"
import { slurmClient } from "../src/client.ts"
import { describeSite, forgetDescription } from "../src/describe.ts"
import { openHost } from "../src/openHost.ts"
import { siteOf } from "../src/options.ts"
import { clusterUnavailable, itOnCluster } from "./cluster.ts"
import { startSite, type TestSite } from "./site.ts"

let site: TestSite
beforeAll(async () => {
  if (clusterUnavailable() === undefined) site = await startSite({ nodes: 1 })
}, 60_000)
afterAll(() => site?.stop())

const hello = (numerics: string) => {
  const capabilities = {
    ...{
      backend: "toy",
      device: "none",
      numerics: { f32: numerics },
      maxLanes: 1,
      concurrency: 1,
      deterministic: true,
    },
    ...{ branching: false, checkpoints: false, averages: false, noiseScale: false, synthetic: true, maxima: {} },
  }
  const messages = [
    { seq: 1, _tag: "Hello", protocol: 1, worker: "toy", needs: [], capabilities },
    { seq: 2, _tag: "End", how: "done" },
  ]
  return messages.map((message) => `${JSON.stringify(message)}\n`).join("")
}

itOnCluster("a worker that was upgraded is asked anew once an order has failed for that", { timeout: 60_000 }, () =>
  Effect.gen(function* () {
    const says = join(site.shared, "says")
    const worker = ["sh", "-c", `cat > /dev/null; cat ${says}`] as const
    const options = yield* siteOf(site.options("surrogate", { worker }))
    const host = yield* openHost(options)
    const client = slurmClient(host, options)
    const attendance = yield* makeAttendance(host, client, options)
    const asking = { root: `${site.shared}/describe`, nameOf: (id: string) => `tt-${id}`, worker, maxTasks: 1, jobs: 1 }
    const numerics = Effect.map(
      describeSite(host, client, options, attendance, asking),
      ({ capabilities }) => capabilities.numerics["f32"],
    )
    writeFileSync(says, hello("old"))
    expect(yield* numerics).toBe("old")
    writeFileSync(says, hello("new"))
    expect(yield* numerics).toBe("old")
    yield* forgetDescription(host, options, worker)
    expect(yield* numerics).toBe("new")
    rmSync(says)
  }).pipe(Effect.scoped, Effect.runPromise),
)
