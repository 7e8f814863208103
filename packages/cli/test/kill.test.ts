import "./build.ts"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { start, temporaryFolder, timeTransfer } from "./command.ts"
import { measured, sorted } from "./journal.ts"
import { writeStudy } from "./study.ts"

/** Four trunks, some seconds of work in all, with a checkpoint twenty times a second. */
const study = {
  name: "killed",
  model: { d_model: 32, n_layers: 1, n_heads: 2, max_seq_len: 16 },
  horizon: [2 ** 14, 2 ** 16, 2 ** 17, 3 * 2 ** 16],
  logEvery: 1024,
  averages: [0.99],
}
const KILLS = 20
const seed = Number(process.env["TT_KILL_SEED"] ?? Math.floor(Math.random() * 2 ** 31))

/** A small linear congruential generator: the moments of the kills follow from the seed. */
const draws = (state: number) => () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}

const sleep = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** Checkpoints that are whole: those with an index. */
const checkpointsIn = (folder: string): number =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json")).length
    : 0

const until = async (condition: () => boolean, ended: () => boolean) => {
  while (!condition() && !ended()) await sleep(5)
}

it(`ends with the same numbers, bit for bit, after ${KILLS} kills (TT_KILL_SEED=${seed})`, async () => {
  const random = draws(seed)
  const folder = temporaryFolder()
  const file = writeStudy(folder, study)
  const args = ["run", file, "--checkpoint-every", "50ms"]
  const whole = await timeTransfer([...args, "--out", "whole"], { cwd: folder })
  expect(whole.code, whole.stderr).toBe(0)
  const expected = measured(join(folder, "whole/study.db"))
  expect(expected.readings).toHaveLength(4 * study.horizon.length * 2)
  expect(expected.stepped.size).toBeGreaterThan(200)

  // A fast machine ends the study before the last kill: then the next kills are for another one.
  const studies = ["killed 0"]
  for (let kills = 0; kills < KILLS; ) {
    const out = studies.at(-1) as string
    const running = start([...args, "--out", out], { cwd: folder })
    let over = false
    void running.ended.then(() => {
      over = true
    })
    // Some die while they start or plan, most at work.
    if (kills % 5 === 0) await sleep(100 + 900 * random())
    else {
      await until(
        () => running.said().includes("plan"),
        () => over,
      )
      // However slow the machine, some die when there is something to resume from.
      if (kills % 5 === 4)
        await until(
          () => checkpointsIn(join(folder, out, "checkpoints")) > 0,
          () => over,
        )
      else await sleep(300 * random())
    }
    running.process.kill("SIGKILL")
    const { code, signal, stderr } = await running.ended
    if (signal === "SIGKILL") kills++
    else {
      expect(code, stderr).toBe(0)
      studies.push(`killed ${studies.length}`)
    }
  }

  let resumptions = 0
  for (const out of studies) {
    const last = await timeTransfer([...args, "--out", out], { cwd: folder })
    expect(last.code, last.stderr).toBe(0)
    const found = measured(join(folder, out, "study.db"))
    expect(found.contradictions).toEqual([])
    expect(sorted(found.stepped)).toEqual(sorted(expected.stepped))
    expect(sorted(found.evaluated)).toEqual(sorted(expected.evaluated))
    expect(found.readings).toEqual(expected.readings)
    expect(found.runs).toBe(expected.runs)
    resumptions += found.resumptions
    const status = await timeTransfer(["status", file, "--out", out, "--json"], { cwd: folder })
    expect(JSON.parse(status.stdout)).toMatchObject({ counts: { complete: 4, partial: 0, failed: 0 }, driver: null })
  }
  // The kills did interrupt training, and checkpoints were used.
  expect(resumptions).toBeGreaterThan(0)
}, 240_000)

it("stops at Ctrl-C with code 130 and goes on where it stopped", async () => {
  const folder = temporaryFolder()
  const file = writeStudy(folder, study)
  const running = start(["run", file], { cwd: folder })
  let over = false
  void running.ended.then(() => {
    over = true
  })
  await until(
    () => running.said().includes("training"),
    () => over,
  )
  // Something is trained before it is stopped, however slow the machine.
  const database = join(folder, "killed/study.db")
  await until(
    () => existsSync(database) && measured(database).stepped.size > 0,
    () => over,
  )
  running.process.kill("SIGINT")
  const { code, stdout, stderr } = await running.ended
  expect(code, stderr).toBe(130)
  expect(stdout).toBe("")
  expect(stderr).toMatch(/stopped: everything measured is kept in .*killed; the same command goes on/)

  const status = await timeTransfer(["status", file, "--json"], { cwd: folder })
  expect(JSON.parse(status.stdout).driver).toBe(null)
  const plan = await timeTransfer(["plan", file, "--json"], { cwd: folder })
  const left = JSON.parse(plan.stdout).cost.tokens
  // The checkpoint that stopping left saves what was trained.
  expect(left).toBeLessThan(4 * 3 * 2 ** 16)
  const rest = await timeTransfer(["run", file], { cwd: folder })
  expect(rest.code, rest.stderr).toBe(0)
  expect(measured(join(folder, "killed/study.db")).contradictions).toEqual([])
}, 60_000)

it("an adaptive study that is killed in any round ends with the readings of one that is not", async () => {
  const adaptive = {
    name: "adaptive",
    model: { d_model: 64, n_layers: 2, n_heads: 4, max_seq_len: 64, vocab_size: 256 },
    schedule: { kind: "constant" },
    data: { synthetic: { vocabulary: 256, order: 1, seed: 1 } },
    batch: [2 ** 11, 2 ** 12, 2 ** 13, 2 ** 14],
    horizon: [2 ** 20, 2 ** 21, 2 ** 22],
    eta: 2 ** -10,
    adaptive: { question: { exponent: "peak", within: 0.3 }, budget: { tokens: 2e8 } },
  }
  const folder = temporaryFolder()
  const file = writeStudy(folder, adaptive)
  const args = ["run", file, "--backend", "surrogate"]
  const whole = await timeTransfer([...args, "--out", "whole"], { cwd: folder })
  expect(whole.code, whole.stderr).toBe(0)
  const rounds = [...whole.stderr.matchAll(/^round (\d+)/gm)].length
  expect(rounds).toBeGreaterThan(3)
  let kills = 0
  for (let k = 0; k < rounds; k++) {
    const running = start([...args, "--out", "killed"], { cwd: folder })
    let over = false
    void running.ended.then(() => {
      over = true
    })
    // In its first round, which is the one after those that the kills before left whole.
    await until(
      () => running.said().includes("round 1") || running.said().includes("training"),
      () => over,
    )
    running.process.kill("SIGKILL")
    if ((await running.ended).signal === "SIGKILL") kills++
  }
  expect(kills).toBeGreaterThan(0)
  const last = await timeTransfer([...args, "--out", "killed"], { cwd: folder })
  expect(last.code, last.stderr).toBe(0)
  const found = measured(join(folder, "killed/study.db"))
  expect(found.contradictions).toEqual([])
  expect(found.readings).toEqual(measured(join(folder, "whole/study.db")).readings)
}, 120_000)
