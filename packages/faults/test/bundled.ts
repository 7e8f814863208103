/** The driver and a backend as one bundle, for tests and benches that start very many processes. */
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { build } from "esbuild"
import type { BackendModule } from "../src/loadBackend.ts"

export const bundled = async (module: URL, name = "layer"): Promise<BackendModule> => {
  const folder = mkdtempSync(join(tmpdir(), "tt-faults-bundle-"))
  await build({
    entryPoints: {
      driver: fileURLToPath(new URL("../src/driver.ts", import.meta.url)),
      backend: fileURLToPath(module),
    },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "es2024",
    conditions: ["@ts/source"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  })
  return { module: pathToFileURL(join(folder, "backend.mjs")).href, name, driver: join(folder, "driver.mjs") }
}
