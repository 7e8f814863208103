import { rmSync } from "node:fs"
import { dirname } from "node:path"
import { expect, it } from "vitest"
import { makeBench } from "../src/bench.ts"
import { moments } from "../src/journalMoments.ts"
import { killing } from "../src/kills.ts"
import { bundled } from "./bundled.ts"
import { hundredRuns } from "./hundredRuns.ts"

/** All of its events are for `full.ts`. */
const KILLS = 8

it(`a study of 100 runs is killed ${KILLS} times, and nothing is lost`, { timeout: 240_000 }, async () => {
  const seed = Number(process.env["FAULT_SEED"] ?? Date.now() % 1_000_000)
  console.log(`FAULT_SEED=${seed}`)
  const module = new URL("./chain.ts", import.meta.url)
  const processes = await bundled(module)
  const bench = await makeBench(module, { study: hundredRuns, seed, processes: async () => processes })
  expect(bench.truth).toHaveLength(200)
  const toll = await killing(bench, KILLS, (i, study) => ({
    kill: {
      at: "event",
      moment: moments[i % moments.length]!,
      nth: 1 + bench.draw(`event ${i} ${study}`, Math.ceil((2 * bench.events) / KILLS)),
    },
  }))
  expect(toll.kills).toBe(KILLS)
  expect(toll.acknowledged).toBeGreaterThan(900)
  rmSync(dirname(processes.driver!), { recursive: true })
})
