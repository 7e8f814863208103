/**
 * The packages without I/O, and the backends that compute their losses, in Chromium, from their built files: nothing of Node inside, and
 * the same numbers as in Node, to the last bit.
 * `npm run browser` builds and runs it alone.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { inBrowsers } from "../../scripts/packages.ts"
import { bundlesOf, nodeModulesOf, pageScript } from "./bundle.ts"
import { findChromium, openPage } from "./chromium.ts"
import { type Observation, observe } from "./observe.ts"

export interface Verdict {
  readonly name: string
  /** What is wrong; absent where all is well. */
  readonly problem?: string
}

export interface BrowserResult {
  readonly verdicts: ReadonlyArray<Verdict>
  /** Why no browser was asked. */
  readonly skipped?: string
}

const inNode = async (bundles: Readonly<Record<string, string>>): Promise<Record<string, Observation>> => {
  const folder = mkdtempSync(join(tmpdir(), "time-transfer-browser-"))
  const observations: Record<string, Observation> = {}
  try {
    for (const [i, [path, script]] of Object.entries(bundles).entries()) {
      const file = join(folder, `${i}.mjs`)
      writeFileSync(file, script)
      observations[path] = await observe(() => import(pathToFileURL(file).href))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  return observations
}

/** Where two texts part, with what stands there. */
const difference = (ours: string, theirs: string): string | undefined => {
  if (ours === theirs) return undefined
  let at = 0
  while (at < ours.length && ours[at] === theirs[at]) at++
  const [from, to] = [Math.max(0, at - 80), at + 40]
  return `Node     …${ours.slice(from, to)}\nChromium …${theirs.slice(from, to)}`
}

const compare = (node: Observation, page: Observation | undefined): string | undefined => {
  if (node.error !== undefined) return `in Node: ${node.error}`
  if (page === undefined) return "the page says nothing about it"
  if (page.error !== undefined) return `in Chromium: ${page.error}`
  return difference(node.printed.join("\n"), page.printed.join("\n")) ?? difference(node.returned, page.returned)
}

export const browserChecks = async (): Promise<BrowserResult> => {
  const verdicts: Array<Verdict> = []
  const verdict = (name: string, problem: string | undefined) =>
    verdicts.push(problem === undefined ? { name } : { name, problem })
  const bundles: Record<string, string> = {}
  for (const one of inBrowsers) {
    const asked = await nodeModulesOf(one)
    verdict(`${one.name} asks for no module of Node`, asked.length === 0 ? undefined : `asks for ${asked.join(", ")}`)
    try {
      for (const [what, script] of Object.entries(await bundlesOf(one))) bundles[`/${one.name}/${what}.js`] = script
    } catch (error) {
      verdict(`${one.name} in Chromium`, error instanceof Error ? error.message : String(error))
    }
  }
  const chromium = findChromium()
  if (chromium === undefined)
    return { verdicts, skipped: "no Chromium on the PATH: install the package chromium, or set CHROMIUM_PATH" }
  const node = await inNode(bundles)
  const paths = Object.keys(bundles)
  const files = { ...bundles, "/page.js": await pageScript(), "/paths.js": JSON.stringify(paths) }
  let page: Record<string, Observation> = {}
  try {
    page = JSON.parse(await openPage(chromium, files, 120)).observations
  } catch (error) {
    verdict("a page in Chromium", String(error))
    return { verdicts }
  }
  for (const path of paths) {
    const [, scope, name, file] = path.split("/")
    verdict(`${scope}/${name} in Chromium as in Node: ${file!.replace(".js", "")}`, compare(node[path]!, page[path]))
  }
  return { verdicts }
}

if (import.meta.main) {
  const { verdicts, skipped } = await browserChecks()
  for (const { name, problem } of verdicts)
    console.log(problem === undefined ? `ok   ${name}` : `FAIL ${name}\n${problem}`)
  if (skipped !== undefined) console.log(`skip the rest: ${skipped}`)
  process.exitCode = verdicts.some(({ problem }) => problem !== undefined) ? 1 : 0
}
