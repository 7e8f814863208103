/**
 * The device on a page in headless Chromium, bundled from its sources as an application would: gradients on odd shapes, and 200 steps.
 * usage: node --conditions=@ts/source plugins/webgpu/test/chromium.ts
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { build } from "esbuild"
import { chromium } from "playwright-core"
import type { BrowserResult, Verdict } from "../../../tests/browser/check.ts"
import { findChromium } from "../../../tests/browser/chromium.ts"
import type { Observed } from "./page.ts"

const steps = 200

const bundle = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "page.ts")],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2024",
    conditions: ["@ts/source"],
    write: false,
    logLevel: "silent",
  })
  return outputFiles[0].text
}

const flags = [
  "--no-sandbox",
  "--no-first-run",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Chromium trusts no driver on Linux without it, not even its own SwiftShader.
  "--enable-unsafe-webgpu",
]

const onPage = async (executablePath: string): Promise<{ readonly observed: Observed; readonly errors: string[] }> => {
  const script = await bundle()
  const server = createServer((request, response) => {
    if (request.url === "/page.js") response.setHeader("content-type", "text/javascript").end(script)
    else
      response
        .setHeader("content-type", "text/html")
        .end('<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">')
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const browser = await chromium.launch({ executablePath, headless: true, args: flags })
  try {
    const page = await browser.newPage()
    const errors: string[] = []
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text())
    })
    page.on("pageerror", (error) => errors.push(error.message))
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const observed = await page.evaluate(async (count) => {
      const path = "/page.js"
      const { observe } = (await import(path)) as { observe: (steps: number) => Promise<Observed> }
      return observe(count)
    }, steps)
    return { observed, errors }
  } finally {
    await browser.close()
    server.close()
  }
}

export const webgpuInChromium = async (): Promise<BrowserResult> => {
  const executable = findChromium()
  if (executable === undefined)
    return { verdicts: [], skipped: "no Chromium on the PATH: install the package chromium, or set CHROMIUM_PATH" }
  const verdicts: Verdict[] = []
  const verdict = (name: string, problem: string | false) =>
    verdicts.push(problem === false ? { name } : { name, problem })
  const { observed, errors } = await onPage(executable)
  if (observed.unavailable !== undefined) return { verdicts, skipped: observed.unavailable }
  const { gradients, losses, device } = observed
  const worst = Math.max(...gradients)
  const at = `on a page, ${device}`
  verdict(`WebGPU ${at}: gradients on odd shapes`, !(worst < 1e-5) && `${worst} in norm from the reference`)
  verdict(`WebGPU ${at}: losses of ${steps} steps`, !(losses < 1e-3) && `${losses} from the reference`)
  verdict(`WebGPU ${at}: no errors in the console`, errors.length > 0 && errors.join("\n"))
  return { verdicts }
}

if (import.meta.main) {
  const { verdicts, skipped } = await webgpuInChromium()
  for (const { name, problem } of verdicts)
    console.log(problem === undefined ? `ok   ${name}` : `FAIL ${name}\n${problem}`)
  if (skipped !== undefined) console.log(`skip ${skipped}`)
  process.exitCode = verdicts.some(({ problem }) => problem !== undefined) || (skipped && process.env["CI"]) ? 1 : 0
}
