import { spawn } from "node:child_process"
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"

const names = ["chromium", "chromium-browser", "google-chrome"]

/** `CHROMIUM_PATH`, else the first on the PATH. */
export const findChromium = (): string | undefined => {
  const given = process.env["CHROMIUM_PATH"]
  const folders = (process.env["PATH"] ?? "").split(delimiter)
  return [...(given ? [given] : []), ...names.flatMap((name) => folders.map((folder) => join(folder, name)))].find(
    (file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    },
  )
}

const flags = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-quic",
  "--disable-sync",
  // Observable Plot moves strokes by half a pixel on a screen of one device pixel to a CSS pixel, and draws in Node as for denser ones.
  "--force-device-scale-factor=2",
]

/**
 * Opens a page and gives back what its script posts to `/result`. Everything is served from memory; the browser has a profile of its own,
 * and is gone when the promise settles.
 *
 * @param files scripts by path, such as `/page.js`; `/page.js` is the one that the page loads
 */
export const openPage = async (
  chromium: string,
  files: Readonly<Record<string, string>>,
  timeoutSeconds: number,
): Promise<string> => {
  const result = Promise.withResolvers<string>()
  const page = '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>'
  const server = createServer((request, response) => {
    if (request.method === "POST") {
      const parts: Array<Buffer> = []
      request.on("data", (part: Buffer) => parts.push(part))
      request.on("end", () => {
        response.end()
        result.resolve(Buffer.concat(parts).toString("utf8"))
      })
      return
    }
    const path = request.url ?? "/"
    const script = files[path]
    if (path === "/") response.setHeader("content-type", "text/html").end(page)
    else if (script !== undefined) response.setHeader("content-type", "text/javascript").end(script)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo

  const profile = mkdtempSync(join(tmpdir(), "time-transfer-chromium-"))
  // A group of its own, so that its many processes end together.
  const browser = spawn(chromium, [...flags, `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  })
  let said = ""
  browser.stderr.on("data", (part: Buffer) => {
    said = (said + part.toString("utf8")).slice(-4000)
  })
  const gone = new Promise<void>((resolve) => {
    browser.once("error", (error) => {
      result.reject(error)
      resolve()
    })
    browser.once("exit", (code) => {
      result.reject(new Error(`${chromium} ended with ${code} before the page had a result\n${said}`))
      resolve()
    })
  })
  const timer = setTimeout(
    () => result.reject(new Error(`no result after ${timeoutSeconds} s\n${said}`)),
    1000 * timeoutSeconds,
  )
  try {
    return await result.promise
  } finally {
    clearTimeout(timer)
    const runs = browser.pid !== undefined && browser.exitCode === null && browser.signalCode === null
    if (runs) process.kill(-browser.pid!, "SIGKILL")
    await gone
    server.closeAllConnections()
    server.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
