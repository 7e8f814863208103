// Runs on any Node >= 18: brings pnpm and Node 24 from the npm registry, then runs the given pnpm script.
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"

const root = new URL("..", import.meta.url)
const packageManager = JSON.parse(readFileSync(new URL("package.json", root), "utf8")).packageManager

const pnpm = (args, env) => {
  const result = spawnSync("npx", ["--yes", packageManager, ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", ...env },
    shell: process.platform === "win32",
  })
  if (result.status !== 0) process.exit(result.status ?? 1)
}

// CI=1 keeps the install quiet and non-interactive; the script itself keeps the caller's terminal.
pnpm(["install", "--frozen-lockfile"], { CI: "1" })
pnpm(process.argv.slice(2), {})
