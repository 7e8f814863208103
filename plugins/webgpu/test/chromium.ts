/**
 * The backend-conformance suite on a page in headless Chromium, every case of it, on the device and on the backend.
 * usage: node --conditions=@ts/source plugins/webgpu/test/chromium.ts [--only PATTERN] [--seconds 120] [--kernels subgroups]
 */
import { parseArgs } from "node:util"
import { findChromium } from "../../../tests/browser/chromium.ts"
import type { WebGpuOptions } from "../src/index.ts"
import { openDriver } from "./browser.ts"

export interface Verdict {
  readonly name: string
  readonly seconds: number
  /** What is wrong; absent where all is well. */
  readonly problem?: string
  /** Why the backend's manifest says that it does not apply. */
  readonly skipped?: string
}

export interface PageOptions {
  /** What the names must match. */
  readonly only?: RegExp
  /** For one case; 120 by default, since a busy machine is no fault. */
  readonly seconds?: number
  readonly webgpu?: WebGpuOptions
}

/** Browsers lost before the rest is given up. */
const LOSSES = 3

/** Tells each verdict as it is reached; gives back why there was nothing to try on, if there was not. */
export const webgpuInChromium = async (
  tell: (verdict: Verdict) => void,
  { only = /(?:)/, seconds: patience = 120, webgpu = {} }: PageOptions = {},
): Promise<string | undefined> => {
  const executable = findChromium()
  if (executable === undefined) return "no Chromium on the PATH: install the package chromium, or set CHROMIUM_PATH"
  try {
    await using driver = await openDriver(executable, webgpu)
    const { availability, demands, faults } = await driver.list(patience)
    if (!availability.available) return availability.reason
    const place = `WebGPU on a page, ${availability.adapter}`
    const timed = async (kind: "demands" | "faults", index: number, seconds = patience) => {
      const start = performance.now()
      const ran = await driver.run(kind, index, seconds)
      return { ...ran, seconds: (performance.now() - start) / 1000 }
    }
    for (const [index, { name, says, seconds: most }] of faults.entries()) {
      const { problem = "nothing", seconds } = await timed("faults", index, most)
      const verdict = { name: `${place}: reports ${name}`, seconds }
      tell(problem.includes(says) ? verdict : { ...verdict, problem: `reported instead: ${problem}` })
    }
    let losses = 0
    for (const [index, name] of demands.entries()) {
      if (!only.test(name)) continue
      if (losses === LOSSES) {
        tell({ name: `${place}: the rest`, seconds: 0, problem: `not tried: ${LOSSES} browsers were lost before` })
        break
      }
      const { gone, ...verdict } = await timed("demands", index)
      if (gone) losses++
      tell({ name: `${place}: ${name}`, ...verdict })
    }
    return undefined
  } catch (error) {
    tell({ name: "WebGPU on a page", seconds: 0, problem: String(error) })
    return undefined
  }
}

if (import.meta.main) {
  const text = { type: "string" } as const
  const { values } = parseArgs({ options: { only: text, seconds: text, kernels: text } })
  const { only, seconds, ...webgpu } = values
  const counts = { ok: 0, FAIL: 0, skip: 0 }
  const start = performance.now()
  const missing = await webgpuInChromium(
    ({ name, seconds, problem, skipped }) => {
      const word = problem !== undefined ? "FAIL" : skipped !== undefined ? "skip" : "ok"
      counts[word]++
      console.log(`${word.padEnd(4)} ${name} (${seconds.toFixed(1)} s)`)
      if (problem ?? skipped) console.log(problem ?? skipped)
    },
    {
      ...(only !== undefined && { only: new RegExp(only) }),
      ...(seconds !== undefined && { seconds: Number(seconds) }),
      webgpu: webgpu as WebGpuOptions,
    },
  )
  if (missing !== undefined) console.log(`skip ${missing}`)
  const total = ((performance.now() - start) / 1000).toFixed(0)
  console.log(`\n${counts.ok} passed, ${counts.FAIL} failed, ${counts.skip} skipped, ${total} s`)
  process.exitCode = counts.FAIL > 0 || (missing !== undefined && process.env["CI"]) ? 1 : 0
}
