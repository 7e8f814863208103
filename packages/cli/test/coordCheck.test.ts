import "./build.ts"
import { expect, it } from "vitest"
import { temporaryFolder, timeTransfer } from "./command.ts"

const folder = temporaryFolder()

it("over widths 32 to 512 muP passes and the standard parametrisation fails", async () => {
  const { code, stdout, stderr } = await timeTransfer(["coord-check", "--json"], { cwd: folder })
  expect(code, stderr).toBe(0)
  const [mup, standard] = JSON.parse(stdout)
  expect(mup).toMatchObject({ kind: "mup", verdict: "pass", threshold: 0.15 })
  // Not by a hair.
  for (const { overall } of mup.layers) expect(Math.abs(overall.slope)).toBeLessThan(0.1)
  expect(standard).toMatchObject({ kind: "standard", verdict: "fail" })
  expect(standard.layers.find(({ layer }: { layer: string }) => layer === "logits").overall.slope).toBeGreaterThan(0.4)
}, 120_000)

it("a verdict that was asked for by name decides the exit code", async () => {
  const args = ["coord-check", "--kind", "standard", "--widths", "32,64,128", "--seeds", "2", "--steps", "2"]
  const { code, stdout, stderr } = await timeTransfer(args, { cwd: folder })
  expect(code).toBe(5)
  expect(stdout).toMatch(/^standard: fail/)
  expect(stderr).toContain("error: the coordinate check of standard says fail")
}, 30_000)
