// Imported by every test that needs the addon: builds it when its sources have changed. Without a compiler the tests
// say so when they load it.
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

spawnSync(process.execPath, [fileURLToPath(new URL("../scripts/build.mjs", import.meta.url))], { stdio: "inherit" })
