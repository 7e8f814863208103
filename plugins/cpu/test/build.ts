// Vitest runs this once: the addon is built when its sources have changed.
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

export default (): void => {
  spawnSync(process.execPath, [fileURLToPath(new URL("../scripts/build.mjs", import.meta.url))], { stdio: "inherit" })
}
