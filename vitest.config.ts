import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

// Tests run the sources of every workspace package, so that no build is needed to run one.
const conditions = ["@ts/source", "module", "node", "development|production"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["{packages,plugins,examples}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 30_000,
    // Many tests wait, for a queue, a page or a process; one at a time they would take twice as long on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})
