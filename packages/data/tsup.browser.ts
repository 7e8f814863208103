import { defineConfig } from "tsup"
import base from "../../tsup.config.ts"

/** What a page can have of this package. */
export default defineConfig({
  ...base,
  entry: ["src/browser.ts"],
  format: ["esm"],
  platform: "browser",
  clean: false,
})
