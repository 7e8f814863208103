import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, expect } from "vitest"
import { type Cluster, type ClusterOptions, itOnCluster, startCluster } from "./cluster.ts"

const made: Array<Cluster> = []
const folders: Array<string> = []
afterEach(async () => {
  for (const cluster of made.splice(0)) await cluster.stop()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const cluster = async (options?: ClusterOptions) => {
  const started = await startCluster(options)
  made.push(started)
  return started
}

const state = (on: Cluster, id: string) =>
  on.command("sh", "-c", `scontrol -o show job ${id} | sed 's/.*JobState=\\([A-Z]*\\).*/\\1/'`)

const until = async (met: () => Promise<boolean>) => {
  for (let i = 0; i < 300; i++) {
    if (await met()) return
    await sleep(50)
  }
  throw new Error("did not happen")
}

itOnCluster("two clusters run side by side; a requeued job is back within seconds; nothing is left", async () => {
  const [first, second] = await Promise.all([cluster(), cluster({ nodes: 1, auth: "munge" })])
  const sleeper = async (on: Cluster) =>
    on.command("sbatch", "--parsable", "--requeue", "-o", "/dev/null", "--wrap", "setsid sleep 7777 & exec sleep 7777")
  const restarts = (on: Cluster, id: string) =>
    on.command("sh", "-c", `scontrol -o show job ${id} | sed 's/.*Restarts=\\([0-9]*\\).*/\\1/'`)
  const ids = [await sleeper(first), await sleeper(second)]
  const running = () =>
    until(async () => (await state(first, ids[0]!)) === "RUNNING" && (await state(second, ids[1]!)) === "RUNNING")
  await running()
  const start = Date.now()
  await Promise.all([first.command("scontrol", "requeue", ids[0]!), second.command("scontrol", "requeue", ids[1]!)])
  await until(async () => (await restarts(first, ids[0]!)) === "1" && (await restarts(second, ids[1]!)) === "1")
  await running()
  console.log(`requeued and running again after ${((Date.now() - start) / 1000).toFixed(1)} s`)
  for (const on of [first, second]) {
    await on.stop()
    expect(await on.command("sh", "-c", `grep -la ${on.name} /proc/[0-9]*/environ 2>/dev/null || true`)).toBe("")
  }
})

itOnCluster("a node with a mount of its own does not see the folder", async () => {
  const shared = mkdtempSync(join(tmpdir(), "tt-shared-"))
  const out = mkdtempSync(join(tmpdir(), "tt-out-"))
  folders.push(shared, out)
  writeFileSync(join(shared, "here"), "")
  const on = await cluster({ nodes: 1 })
  await on.killNode("n1")
  await on.startNode("n1", { privateMount: shared })
  await on.command("sbatch", "--wait", "-o", join(out, "ls"), "--wrap", `ls ${shared} | wc -l`)
  expect(readFileSync(join(out, "ls"), "utf8").trim()).toBe("0")
})

itOnCluster("the controller can go and come back", async () => {
  const on = await cluster({ nodes: 1 })
  const id = await on.command("sbatch", "--parsable", "-o", "/dev/null", "--wrap", "exec sleep 7777")
  await until(async () => (await state(on, id)) === "RUNNING")
  await on.stopController()
  await on.startController()
  expect(await state(on, id)).toBe("RUNNING")
})
