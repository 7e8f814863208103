/** Peers are made for bundlers and pages: what of their packages Node cannot resolve, esbuild can. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { type BuildOptions, build } from "esbuild"

/** TensorFlow.js asks for Node's modules by `require`. */
const forNode: BuildOptions = {
  platform: "node",
  mainFields: ["module", "main"],
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
}

/** @param entry a file of this folder */
export const bundle = async (entry: string, where: "node" | "page"): Promise<string> => {
  const { outputFiles } = await build({
    ...(where === "node" ? forNode : { platform: "browser" }),
    entryPoints: [join(import.meta.dirname, entry)],
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["@ts/source"],
    write: false,
    logLevel: "silent",
  })
  return outputFiles[0].text
}

export const importBundled = async (entry: string): Promise<unknown> => {
  const folder = mkdtempSync(join(tmpdir(), "time-transfer-peer-"))
  try {
    const file = join(folder, "bundle.mjs")
    writeFileSync(file, await bundle(entry, "node"))
    return await import(pathToFileURL(file).href)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
