import { defineConfig } from "tsup"
import base from "../../tsup.config.ts"

/** The same package for a page: what `#platform` stands for is another, the types are the same. */
export default defineConfig({
  ...base,
  entry: { browser: "src/index.ts" },
  format: ["esm"],
  platform: "browser",
  dts: false,
  clean: false,
})
