/** Chromium with a page of its own, bundled from sources as an application would. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { build } from "esbuild"
import { type Browser, chromium, type Page } from "playwright-core"
import type { WebGpuOptions } from "../src/index.ts"
import type * as Script from "./page.ts"

/** On the page, where functions given to `evaluate` run. */
declare const script: typeof Script

const bundle = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "page.ts")],
    bundle: true,
    format: "iife",
    globalName: "script",
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

const html = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script src="/page.js"></script>'

const serve = async () => {
  const code = await bundle()
  const server = createServer(({ url }, response) => {
    if (url === "/page.js") response.setHeader("content-type", "text/javascript; charset=utf-8").end(code)
    else response.setHeader("content-type", "text/html").end(html)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return server
}

interface Opened {
  readonly browser: Browser
  readonly page: Page
  /** What was printed as an error, or thrown and not caught. */
  readonly errors: string[]
}

export interface Ran extends Script.Outcome {
  /** The browser had to be given up. */
  readonly gone: boolean
}

export interface Driver extends AsyncDisposable {
  readonly list: (seconds: number) => ReturnType<typeof Script.list>
  /** What takes longer than `seconds`, or brings the page down, takes its browser along; what comes next has another. */
  readonly run: (kind: "demands" | "faults", index: number, seconds: number) => Promise<Ran>
}

export const openDriver = async (executablePath: string, options: WebGpuOptions): Promise<Driver> => {
  const server = await serve()
  const { port } = server.address() as AddressInfo
  let opened: Opened | undefined

  const open = async (): Promise<Opened> => {
    if (opened !== undefined) return opened
    const browser = await chromium.launch({ executablePath, headless: true, args: flags })
    const page = await browser.newPage()
    const errors: string[] = []
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text())
    })
    page.on("pageerror", (error) => errors.push(error.message))
    opened = { browser, page, errors }
    await page.goto(`http://127.0.0.1:${port}/#${encodeURIComponent(JSON.stringify(options))}`)
    return opened
  }
  const close = async () => {
    await opened?.browser.close()
    opened = undefined
  }
  const inTime = async <A>(seconds: number, work: Promise<A>): Promise<A> => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`has not ended within ${seconds} s`)), 1000 * seconds)
    })
    return Promise.race([work, late]).finally(() => clearTimeout(timer))
  }
  return {
    list: async (seconds) => {
      const { page, errors } = await open()
      const listed = await inTime(
        seconds,
        page.evaluate(() => script.list()),
      )
      if (errors.length > 0) throw new Error(errors.join("\n"))
      return listed
    },
    run: async (kind, index, seconds) => {
      try {
        const { page, errors } = await open()
        const { problem, ...rest } = await inTime(
          seconds,
          page.evaluate(([kind, index]) => script.run(kind, index), [kind, index] as const),
        )
        const problems = [...(problem === undefined ? [] : [problem]), ...errors.splice(0)]
        return { ...rest, ...(problems.length > 0 && { problem: problems.join("\n") }), gone: false }
      } catch (error) {
        await close()
        return { problem: error instanceof Error ? error.message : String(error), gone: true }
      }
    },
    [Symbol.asyncDispose]: async () => {
      await close()
      server.close()
    },
  }
}
