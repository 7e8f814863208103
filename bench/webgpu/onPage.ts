/** The comparison on a page in headless Chromium. */
import { createServer } from "node:http"
import { createRequire } from "node:module"
import type { AddressInfo } from "node:net"
import { findChromium } from "../../tests/browser/chromium.ts"
import { bundle } from "./bundle.ts"
import type { Comparison, Options } from "./compare.ts"

const { chromium } = createRequire(new URL("../../plugins/webgpu/package.json", import.meta.url))(
  "playwright-core",
) as typeof import("../../plugins/webgpu/node_modules/playwright-core/index.js")

const flags = [
  "--no-sandbox",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Chromium trusts no driver on Linux without it, not even its own SwiftShader.
  "--enable-unsafe-webgpu",
]

export const compareOnPage = async (names: readonly string[], options: Options): Promise<Comparison> => {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error("no Chromium on the PATH: install it, or set CHROMIUM_PATH")
  const scripts = new Map([
    ["/compare.js", await bundle("compare.ts", "page")],
    ["/peers.js", await bundle("peers/index.js", "page")],
  ])
  const server = createServer((request, response) => {
    const script = scripts.get(request.url ?? "")
    response.setHeader("content-type", script === undefined ? "text/html" : "text/javascript")
    response.end(script ?? '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">')
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const browser = await chromium.launch({ executablePath, headless: true, args: flags })
  try {
    const page = await browser.newPage()
    page.on("pageerror", (error) => console.error(error.message))
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    return await page.evaluate(
      async ({ names, options }) => {
        const [compareAt, peersAt] = ["/compare.js", "/peers.js"]
        const { compare, oursWith } = (await import(compareAt!)) as typeof import("./compare.ts")
        const { peers } = await import(peersAt!)
        return compare([oursWith(), ...names.map((name) => peers[name])], options)
      },
      { names, options },
    )
  } finally {
    await browser.close()
    server.close()
  }
}
