import "./build.ts"
import { join } from "node:path"
import { expect, it } from "vitest"
import { temporaryFolder, timeTransfer } from "./command.ts"
import { measured } from "./journal.ts"
import { small, writeStudy } from "./study.ts"

const folder = temporaryFolder()

/** Writes the study, runs it, and gives what that trained. */
const train = async (changes: Record<string, unknown>) => {
  const file = writeStudy(folder, changes)
  const planned = await timeTransfer(["plan", file, "--json"], { cwd: folder })
  const ended = await timeTransfer(["run", file, "--json"], { cwd: folder })
  expect(ended.code, ended.stderr).toBe(0)
  return { cost: JSON.parse(planned.stdout).cost, trained: JSON.parse(ended.stdout).trained }
}
const readings = () => measured(join(folder, "small/study.db")).readings

it("a finished study trains only what is added to it", async () => {
  const start = await train({})
  expect(start.trained).toMatchObject({ finished: 4, failed: [], tokens: 4 * 2048 })
  const first = readings()
  expect(first).toHaveLength(8)

  const horizon = [...small.horizon, 8192]
  const longer = await train({ horizon })
  expect(longer.cost).toMatchObject({ runs: 4, readings: 4, tokens: 4 * (8192 - 2048) })
  expect(longer.trained).toMatchObject({ finished: 4, tokens: 4 * (8192 - 2048) })

  const batch = [...small.batch, 256]
  const wider = await train({ horizon, batch })
  expect(wider.cost).toMatchObject({ runs: 2, readings: 6, tokens: 2 * 8192 })
  expect(wider.trained).toMatchObject({ finished: 2, tokens: 2 * 8192 })

  const again = await train({ horizon, batch })
  expect(again.cost).toMatchObject({ runs: 0, readings: 0, tokens: 0 })
  expect(again.trained).toMatchObject({ finished: 0, tokens: 0 })
  const last = readings()
  expect(last).toHaveLength(3 * 2 * 3)
  for (const reading of first) expect(last).toContainEqual(reading)
}, 60_000)

it("an extension has the numbers of a study run in one go, bit for bit", async () => {
  const whole = temporaryFolder()
  const file = writeStudy(whole, { horizon: [...small.horizon, 8192], batch: [...small.batch, 256] })
  const ended = await timeTransfer(["run", file], { cwd: whole })
  expect(ended.code, ended.stderr).toBe(0)
  expect(measured(join(whole, "small/study.db")).readings).toEqual(readings())
}, 30_000)
