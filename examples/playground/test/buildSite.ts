/** Builds the site: from the packages as they are written, which is what one hosts, or from what they publish, which is what one installs. */
import { join, relative } from "node:path"
import { build, type Plugin } from "vite"

const here = join(import.meta.dirname, "..")
const root = join(here, "../..")

/** Where a page and Node get different files. */
const seams = ["packages/data/dist/browser.js", "packages/sweep/dist/browser.js"]

export const site = async (): Promise<string> => {
  await build({ root: here, logLevel: "error" })
  return join(here, "out/site")
}

/** @throws where a file of it is not published */
export const installedSite = async (): Promise<string> => {
  const used = new Set<string>()
  const listening: Plugin = {
    name: "which files",
    transform: (_, id) => void used.add(relative(root, id.split("?")[0]!)),
  }
  await build({
    root: here,
    mode: "installed",
    logLevel: "error",
    plugins: [listening],
    worker: { format: "es", plugins: () => [listening] },
    // As small as it gets is tried with the other one.
    build: { outDir: "out/installed", minify: false },
  })
  const unpublished = [...used].filter((path) => /^(packages|plugins)\/[^/]+\/(?!dist\/)/.test(path))
  if (unpublished.length > 0) throw new Error(`nobody installs ${unpublished.join(", ")}`)
  const missing = seams.filter((path) => !used.has(path))
  if (missing.length > 0) throw new Error(`the site has nothing of ${missing.join(", ")}`)
  return join(here, "out/installed")
}
