import { rmSync } from "node:fs"
import { dirname } from "node:path"
import type { Study } from "@ts/sweep"
import { afterAll, beforeAll, expect, it } from "vitest"
import { makeBench } from "../src/bench.ts"
import { moments } from "../src/journalMoments.ts"
import { killing } from "../src/kills.ts"
import type { BackendModule } from "../src/loadBackend.ts"
import { bundled } from "./bundled.ts"
import { hundredRuns } from "./hundredRuns.ts"
import { tree } from "./tree.ts"

/** All of their events are for `full.ts`. */
const KILLS = 6
const chain = new URL("./chain.ts", import.meta.url)
const seed = Number(process.env["FAULT_SEED"] ?? Date.now() % 1_000_000)
let processes: BackendModule
beforeAll(async () => {
  console.log(`FAULT_SEED=${seed}`)
  processes = await bundled(chain)
})
afterAll(() => rmSync(dirname(processes.driver!), { recursive: true }))

const killed = async (study: Study) => {
  const bench = await makeBench(chain, { study, seed, processes: async () => processes })
  const toll = await killing(bench, KILLS, (i, life) => ({
    kill: {
      at: "event",
      moment: moments[i % moments.length]!,
      nth: 1 + bench.draw(`event ${i} ${life}`, Math.ceil((2 * bench.events) / KILLS)),
    },
  }))
  expect(toll.kills).toBe(KILLS)
  return { bench, toll }
}

it(`a study of 100 runs is killed ${KILLS} times, and nothing is lost`, { timeout: 240_000 }, async () => {
  const { bench, toll } = await killed(hundredRuns)
  // Each reading as a row and as an event.
  expect(bench.truth).toHaveLength(400)
  expect(toll.acknowledged).toBeGreaterThan(800)
})

it(`trunks with decays and branches are killed ${KILLS} times, and nothing is lost`, { timeout: 240_000 }, async () => {
  const { bench } = await killed(tree)
  expect(bench.truth.filter((line) => line.startsWith("row") && line.includes("decayed:")).length).toBeGreaterThan(7)
})
