import { defineConfig } from "vite"

export default defineConfig({
  // Any folder of any server will do.
  base: "./",
  // The packages' sources; without this condition, what they publish.
  resolve: { conditions: ["@ts/source", "browser", "module", "development|production"] },
  worker: { format: "es" },
  build: { outDir: "out/site", emptyOutDir: true, target: "es2024", chunkSizeWarningLimit: 1200 },
  // It finds its WebAssembly beside itself, which a bundle of dependencies would move.
  optimizeDeps: { exclude: ["@sqlite.org/sqlite-wasm"] },
})
