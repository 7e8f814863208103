import { defineConfig } from "vite"

const conditions = ["browser", "module", "development|production"]

export default defineConfig(({ mode }) => ({
  // Any folder of any server will do.
  base: "./",
  // The packages' sources, which come in smaller pieces; in the mode `installed` what they publish.
  resolve: { conditions: mode === "installed" ? conditions : ["@ts/source", ...conditions] },
  worker: { format: "es" },
  build: { outDir: "out/site", emptyOutDir: true, target: "es2024", chunkSizeWarningLimit: 1200 },
  // It finds its WebAssembly beside itself, which a bundle of dependencies would move.
  optimizeDeps: { exclude: ["@sqlite.org/sqlite-wasm"] },
}))
