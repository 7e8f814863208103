// Imported by the tests that train: builds the CPU addon when its sources have changed. Without a compiler the command
// says so on stderr and trains on the reference device.
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

spawnSync(process.execPath, [fileURLToPath(new URL("../../../plugins/cpu/scripts/build.mjs", import.meta.url))], {
  stdio: "ignore",
})
