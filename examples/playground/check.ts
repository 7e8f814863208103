/**
 * The page, tried in Chromium as people would use it: started, watched, reloaded in the middle, refused in a second tab, finished, taken home;
 * by keys alone; on a phone; with a text of their own; without room to store anything. `pnpm run check [JOURNEY]` builds the
 * packages first, for the journey on what is installed; the others need only `node --conditions=@ts/source check.ts JOURNEY`. Screenshots are
 * left in `out/screenshots`.
 */
import { mkdirSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { chromium } from "playwright-core"
import { findChromium } from "../../tests/browser/chromium.ts"
import { site } from "./test/buildSite.ts"
import * as journeys from "./test/journeys.ts"
import { serve } from "./test/serve.ts"
import type { Place, Visit } from "./test/Visit.ts"

const executablePath = findChromium()
if (executablePath === undefined) {
  console.log("skip: no Chromium on the PATH: install the package chromium, or set CHROMIUM_PATH")
  process.exit(process.env["CI"] ? 1 : 0)
}

const folder = await site()
const sizes = readdirSync(join(folder, "assets")).map(
  (name) => `${name} ${Math.round(statSync(join(folder, "assets", name)).size / 1024)}`,
)
console.log(`bundle, KiB: ${sizes.join(", ")}`)
const shots = join(import.meta.dirname, "out/screenshots")
mkdirSync(shots, { recursive: true })

const server = await serve(folder)
const launch = { executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", "--enable-unsafe-webgpu"] }
const browser = await chromium.launch(launch)

/** Whether it went well, said on the console. */
const tried = async (name: string, journey: (place: Place) => Promise<Visit>): Promise<boolean> => {
  const start = performance.now()
  let problems: ReadonlyArray<string>
  try {
    const visit = await journey({ browser, launch, url: server.url, shots })
    problems = visit.faults
    await visit.context.close()
  } catch (error) {
    problems = [error instanceof Error ? (error.stack ?? error.message) : String(error)]
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const verdict = problems.length === 0 ? "ok  " : "FAIL"
  console.log(`${verdict} ${name} (${seconds} s)${problems.map((text) => `\n     ${text}`).join("")}`)
  return problems.length === 0
}

/** Two at a time: people wait, and so do these. */
const LANES = 2

let failed = 0
try {
  const only = process.argv.slice(2)
  const asked = Object.entries(journeys).filter(([name]) => only.length === 0 || only.includes(name))
  // The one that computes most comes first.
  const queue = asked.sort(([a], [b]) => Number(b === "onWebGpu") - Number(a === "onWebGpu"))
  const lane = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) if (!(await tried(...next))) failed++
  }
  await Promise.all(Array.from({ length: LANES }, lane))
} finally {
  await browser.close()
  server.close()
}
process.exitCode = failed > 0 ? 1 : 0
