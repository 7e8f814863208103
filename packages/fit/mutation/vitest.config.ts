import { defineConfig } from "vitest/config"

// As in the root's, for the tests beside one file alone.
const conditions = ["@ts/source", "module", "node", "development|production"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: [`packages/fit/src/${process.env["MUTATED"]}.{test,*.test}.ts`], testTimeout: 30_000 },
})
