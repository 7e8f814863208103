/** `npm start`: builds the native kernels where there is a compiler, then trains the quickstart study. */
import { spawnSync } from "node:child_process"

const root = new URL("..", import.meta.url).pathname
const pnpm = (...args: ReadonlyArray<string>) => spawnSync("pnpm", args, { cwd: root, stdio: "inherit" }).status ?? 1

if (pnpm("--silent", "--filter", "@ts/backend-cpu", "run", "native") !== 0) {
  console.error("Going on without the native kernels: the portable device trains, about forty times slower a run.")
}
process.exitCode = pnpm("--silent", "--filter", "example-quickstart", "run", "start")
