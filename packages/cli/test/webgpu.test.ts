/** A study on a GPU, as a user meets it; which one, says `plugins/webgpu/test/adapter.ts`. */
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { describe, expect, it } from "vitest"
import { availability, withAdapter } from "../../../plugins/webgpu/test/adapter.ts"
import { start, temporaryFolder, timeTransfer } from "./command.ts"
import { measured, sorted } from "./journal.ts"
import { expectRefusal } from "./refused.ts"
import { writeStudy } from "./study.ts"

const folder = temporaryFolder()
// One small shape, which an adapter in software takes seconds to compile; long enough on another one to be stopped.
const end = availability.available && !availability.software ? 2 ** 17 : 2 ** 12
const study = writeStudy(folder, {
  model: { d_model: 16, n_layers: 1, n_heads: 2, max_seq_len: 8, no_bias: true },
  parametrisation: { kind: "mup", baseWidth: 16 },
  batch: [64],
  horizon: [1024, end],
})
const run = (out: string) => ["run", study, "--backend", "webgpu", "--out", out]
const database = (out: string) => join(folder, out, "study.db")

withAdapter("the command on WebGPU", () => {
  it("ends by itself, and after Ctrl-C goes on to the same numbers, bit for bit", { timeout: 120_000 }, async () => {
    const stopped = start(run("stopped"), { cwd: folder })
    const whole = timeTransfer(run("whole"), { cwd: folder })
    let over = false
    void stopped.ended.then(() => {
      over = true
    })
    while (!over && !(stopped.said().includes("training") && measured(database("stopped")).stepped.size > 0))
      await new Promise((resolve) => setTimeout(resolve, 10))
    stopped.process.kill("SIGINT")
    const { code, stderr } = await stopped.ended
    expect([code, stderr]).toEqual([130, expect.stringContaining("stopped: everything measured is kept in")])
    expect(stderr).not.toContain("without a checkpoint")
    const rest = await timeTransfer(run("stopped"), { cwd: folder })
    expect(rest.code, rest.stderr).toBe(0)

    const { code: ended, stderr: said, stdout } = await whole
    expect(ended, said).toBe(0)
    expect(said).toMatch(/^small +webgpu, WebGPU, /m)
    expect(stdout).toMatch(/^measured by +webgpu, webgpu-/m)
    const expected = measured(database("whole"))
    const found = measured(database("stopped"))
    expect(expected.readings).toHaveLength(4)
    expect([found.sessions, found.contradictions]).toEqual([2, []])
    expect(found.resumptions).toBeGreaterThan(0)
    expect(found.readings).toEqual(expected.readings)
    // Steps of the chunk that was under way may go untold.
    expect(sorted(expected.stepped)).toEqual(expect.arrayContaining([...found.stepped]))
  })

  it("is in the list of backends, and a worker's", { timeout: 30_000 }, async () => {
    const list = timeTransfer(["backends", "--json"], { cwd: folder })
    const worker = start(["worker", "--backend", "webgpu", "--lanes", "3"], {
      cwd: folder,
      input: '{"protocol":1,"do":"describe"}',
    })
    expect(JSON.parse((await list).stdout)).toContainEqual(
      expect.objectContaining({ name: "webgpu", unavailable: null, device: expect.any(String) }),
    )
    const { code, stdout } = await worker.ended
    expect(code).toBe(0)
    expect(JSON.parse(stdout.split("\n")[0] as string)).toMatchObject({
      capabilities: { backend: "webgpu", maxLanes: 3, numerics: { f32: expect.stringMatching(/^webgpu-/) } },
    })
  })
})

// Elsewhere than on Linux a driver cannot be hidden.
describe.runIf(process.platform === "linux")("without WebGPU", () => {
  const hidden = { VK_ICD_FILENAMES: "/nonexistent" }

  it("says what to do, and starts nothing", { timeout: 60_000 }, async () => {
    const refused = await timeTransfer(run("nowhere"), { cwd: folder, env: hidden })
    expectRefusal(refused, 2, "no adapter: there is no GPU with a Vulkan", "use the CPU backend")
    expect(existsSync(join(folder, "nowhere"))).toBe(false)
    const check = ["coord-check", "--backend", "webgpu"]
    expectRefusal(await timeTransfer(check, { cwd: folder, env: hidden }), 2, "no adapter")
    const list = await timeTransfer(["backends", "--json"], { cwd: folder, env: hidden })
    expect([list.code, JSON.parse(list.stdout)]).toEqual([
      0,
      expect.arrayContaining([
        expect.objectContaining({ name: "webgpu", unavailable: expect.stringContaining("no adapter") }),
      ]),
    ])
  })

  it("says that the npm package is missing where it is", { timeout: 30_000 }, async () => {
    const hook = join(folder, "hide.mjs")
    writeFileSync(
      hook,
      `import { registerHooks } from "node:module"
registerHooks({ resolve: (name, context, next) => next(name === "webgpu" ? "webgpu-is-not-installed" : name, context) })`,
    )
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(hook)}` }
    expectRefusal(
      await timeTransfer(run("nowhere"), { cwd: folder, env }),
      2,
      /npm package "webgpu" .* npm install webgpu/,
    )
  })
})
