/** Workers and the backends that drive them, as a user meets them. */
import "./build.ts"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"
import { temporaryFolder, timeTransfer } from "./command.ts"
import { measured } from "./journal.ts"
import { expectRefusal } from "./refused.ts"
import { writeStudy } from "./study.ts"

const folder = temporaryFolder()
const study = writeStudy(folder)
const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))
const worker = (backend: string) =>
  JSON.stringify([process.execPath, "--conditions=@ts/source", bin, "worker", "--backend", backend])

/** What a worker says to an order, and how it ends. */
const say = async (input: string) => {
  const { code, stdout } = await timeTransfer(["worker", "--backend", "surrogate"], { cwd: folder, input })
  const messages = stdout.trim().split("\n")
  return { code, messages: messages.map((line) => JSON.parse(line)) }
}

it("a worker says who it is, and refuses what it does not understand", async () => {
  expect(await say('{"protocol":1,"do":"describe"}')).toMatchObject({
    code: 0,
    messages: [
      { seq: 1, _tag: "Hello", protocol: 1, needs: [], capabilities: { backend: "surrogate", synthetic: true } },
      { seq: 2, _tag: "End", how: "done" },
    ],
  })
  expect(await say("tell me")).toMatchObject({ code: 1, messages: [{ seq: 1, _tag: "Error", field: "order" }] })
})

it("a study trained by workers has the rows of one trained here", { timeout: 60_000 }, async () => {
  const readings = async (...args: ReadonlyArray<string>) => {
    const out = args.includes("process") ? "by-workers" : "here"
    const ended = await timeTransfer(["run", study, "--out", out, ...args], { cwd: folder })
    expect(ended.code, ended.stderr).toBe(0)
    return measured(join(folder, out, "study.db")).readings
  }
  const here = await readings()
  expect(here).toHaveLength(8)
  expect(await readings("--backend", "process", "--command", worker("cpu"))).toEqual(here)
})

it("backends that lack what they need say what", async () => {
  const run = (...args: ReadonlyArray<string>) => timeTransfer(["run", study, ...args], { cwd: folder })
  expectRefusal(await run("--backend", "process"), 2, /--command: the backend process needs it/)
  const torn = await run("--backend", "process", "--command", '["python3"')
  expect([torn.code, torn.stderr]).toEqual([2, expect.stringMatching(/Invalid value for flag --command/)])
  expectRefusal(await run("--backend", "process", "--command", "no-such-trainer"), 2, /there is no program no-such-/)
  expectRefusal(await run("--backend", "slurm"), 2, /--shared: the backend slurm needs a folder/)
  expectRefusal(await run("--backend", "slurm", "--shared", "tt"), 2, /shared is "tt"; it must be the absolute path/)
  mkdirSync(join(folder, "bin"))
  const nowhere = await timeTransfer(["run", study, "--backend", "slurm", "--shared", join(folder, "tt")], {
    cwd: folder,
    env: { PATH: join(folder, "bin") },
  })
  expectRefusal(nowhere, 2, /there is no scontrol on this machine, so no Slurm; go to a login node/)
})

it("a number of lanes that nobody would heed is refused", async () => {
  const refused = async (args: ReadonlyArray<string>, why: RegExp) =>
    expectRefusal(await timeTransfer([...args, "--lanes", "2"], { cwd: folder }), 2, /^error: --lanes: /, why)
  const run = (...args: ReadonlyArray<string>) => ["run", study, "--out", "lanes", "--backend", ...args]
  await refused(run("surrogate"), /the backend surrogate holds no runs on a device; leave it out/)
  await refused(["worker", "--backend", "least-squares"], /the backend least-squares holds no runs on a device/)
  await refused(
    run("process", "--command", worker("cpu")),
    /the backend process goes .*; tell the worker, within --comm/,
  )
  const slurm = run("slurm", "--shared", join(folder, "tt"))
  await refused([...slurm, "--worker-backend", "surrogate"], /the backend surrogate holds no runs/)
  writeFileSync(join(folder, "own.json"), '{ "worker": ["python3", "trainer.py"] }')
  await refused([...slurm, "--site", "own.json"], /the site names a worker of its own; tell that worker/)
  expect(existsSync(join(folder, "lanes"))).toBe(false)
})

it("a site is read from a file, and flags win over it", async () => {
  const run = (...args: ReadonlyArray<string>) =>
    timeTransfer(["cancel", study, "--site", "site.json", ...args], { cwd: folder })
  writeFileSync(join(folder, "site.json"), '{ "shared": "relative", "partitoin": "gpu" }')
  expectRefusal(await run(), 2, /partitoin is no option of Slurm's backend; there are shared, partition/)
  writeFileSync(join(folder, "site.json"), '{ "shared": "relative", "time": "4h" }')
  expectRefusal(await run("--time", "soon"), 2, /shared is "relative"/)
  expectRefusal(await run("--shared", "/tmp/tt-none", "--time", "soon"), 2, /time is "soon"; it must be a time like/)
  writeFileSync(join(folder, "site.json"), '"gpu"')
  expectRefusal(await run(), 2, /site\.json holds no site/)
})
