import "./build.ts"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { temporaryFolder, timeTransfer } from "./command.ts"

const study = {
  name: "spending",
  model: { d_model: 64, n_layers: 2, n_heads: 4, max_seq_len: 64, vocab_size: 256 },
  parametrisation: { kind: "mup", baseWidth: 64 },
  optimizer: { kind: "adamw", decay: "independent" },
  schedule: { kind: "constant" },
  data: { synthetic: { vocabulary: 256, order: 1, seed: 1 } },
  batch: [2 ** 11, 2 ** 12, 2 ** 13, 2 ** 14],
  horizon: [2 ** 21, 2 ** 22, 2 ** 23],
}
const grid = { ...study, eta: [2 ** -8, 2 ** -7, 2 ** -6] }
const adaptive = { ...study, eta: 2 ** -10, adaptive: { question: { exponent: "peak", within: 0.2 } } }

const written = (content: object) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, "study.json"), JSON.stringify(content))
  const command = (...args: ReadonlyArray<string>) =>
    timeTransfer([args[0]!, "study.json", "--backend", "surrogate", ...args.slice(1)], { cwd: folder })
  return Object.assign(command, { folder })
}

it("plans what a budget buys, the short horizons first", async () => {
  const command = written(grid)
  const all = JSON.parse((await command("plan", "--json")).stdout)
  expect(all.cost.tokens).toBe(12 * 2 ** 23)
  const part = JSON.parse((await command("plan", "--json", "--budget", "30Mtokens")).stdout)
  expect(part.cost.tokens).toBeLessThanOrEqual(30e6)
  expect(part.runs.every((run: { until: number }) => run.until <= 2 ** 22)).toBe(true)
  expect(part.notes.join()).toMatch(/within 30000000 tokens/)
  const none = await command("run", "--budget", "1ktokens")
  expect(none.code).toBe(2)
  expect(none.stderr).toMatch(/budget.tokens: 1000 tokens buy no run; the cheapest takes 2097152 tokens/)
  const wrong = await command("plan", "--budget", "10")
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toMatch(/Expected a budget such as "500Mtokens"/)
})

it("plans an adaptive study round by round, keeps its budget, and answers its question", async () => {
  const command = written(adaptive)
  const first = JSON.parse((await command("plan", "--json")).stdout)
  expect(first.next.cost.tokens).toBe(first.plan.cost.tokens)
  const capped = await command("run", "--budget", "200Mtokens")
  expect(capped.code, capped.stderr).toBe(0)
  expect(capped.stderr).toMatch(/adaptive {5}the exponent of the peak batch, to 0.2; at most 200M tokens/)
  expect(capped.stderr).toMatch(/round 1/)
  expect(capped.stderr).toMatch(/budget spent/)
  const whole = await command("run", "--json")
  expect(whole.code, whole.stderr).toBe(0)
  const { adapted, law } = JSON.parse(whole.stdout)
  expect(adapted.ended).toBe("answered")
  expect(adapted.models[0].answer.halfWidth).toBeLessThanOrEqual(0.2)
  expect(adapted.models[0].answer.result.value).toBe(law.powerLaws.peakBatch.exponent.value)
  const done = await command("plan")
  expect(done.stderr).toMatch(/ended {8}known to within/)
  const status = JSON.parse((await command("status", "--json")).stdout)
  expect(status.counts.complete).toBe(status.runs.length)
  expect(status.runs.length).toBeGreaterThan(20)
}, 60_000)

it("trains exactly what was taken back", async () => {
  const command = written(grid)
  expect((await command("run")).code).toBe(0)
  const plan = async () => JSON.parse((await command("plan", "--json")).stdout).cost
  expect(await plan()).toMatchObject({ runs: 0, readings: 0 })
  const { runs } = JSON.parse((await command("status", "--json")).stdout)
  const id: string = runs[3].runId
  const remove = (...args: ReadonlyArray<string>) =>
    timeTransfer(["remove", "study.json", ...args], { cwd: command.folder })
  const one = await remove(id.slice(0, 8), "--at", "2^22")
  expect(one.stdout).toMatch(/took back the readings at 4.19M tokens/)
  expect(await plan()).toMatchObject({ runs: 1, readings: 1 })
  expect((await remove(id, "--json")).code).toBe(0)
  expect(await plan()).toMatchObject({ runs: 1, readings: 3 })
  for (const [args, message] of [
    [["zz"], /no run of spending begins with zz/],
    [[""], /12 runs begin with/],
    [[id, "--at", "12"], /is not read at 12 tokens, but at 2097152, 4194304, 8388608/],
    [[id, "--at", "soon"], /--at: "soon" is no number of tokens/],
  ] as const) {
    const refused = await remove(...args)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(message)
  }
}, 60_000)
