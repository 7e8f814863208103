/**
 * float16 storage, on lavapipe (`test/lavapipe.sh` unpacks it): SwiftShader has no float16. A worker has one driver, so this file chooses
 * before it asks for an adapter; whoever has none with float16 is told so and skips.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { backendTests, deviceCases } from "@ts/backend-conformance"
import { referenceDevice } from "@ts/program"
import { describe, expect, it } from "vitest"
import { model } from "../../cpu/test/model.ts"
import { losses } from "../test/run.ts"
import { fromHalves } from "./half.ts"
import { WebGpuBackend, type WebGpuDevice, webgpuDevice } from "./index.ts"

const lavapipe = join(import.meta.dirname, "../build/lavapipe/icd.json")
const unpacked = existsSync(lavapipe)
const everything = process.env["WEBGPU_FULL"] !== undefined
if (process.env["VK_ICD_FILENAMES"] === undefined && unpacked) process.env["VK_ICD_FILENAMES"] = lavapipe

const found: WebGpuDevice | Error = await webgpuDevice({ precision: "f16" }).catch((error: Error) => error)

it("numbers of 16 bits are widened exactly", () => {
  const patterns = Uint16Array.of(
    0x0000,
    0x8000,
    0x0001,
    0x03ff,
    0x0400,
    0x3c00,
    0xc000,
    0x3555,
    0x7bff,
    0x7c00,
    0xfc00,
  )
  const values = [0, -0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 1, -2, 0.333251953125, 65504, Infinity, -Infinity]
  expect([...fromHalves(patterns.buffer, patterns.length)]).toEqual(values)
  expect(fromHalves(Uint16Array.of(0x7e00, 0).buffer, 1)).toEqual(Float32Array.of(Number.NaN))
})

describe("WebGPU, float16 storage", () => {
  if (found instanceof Error) {
    it("needs an adapter with float16", (context) => {
      if (process.env["CI"] && unpacked) throw new Error(`lavapipe is there, and has float16. ${found.message}`)
      context.skip(found.message)
    })
    return
  }
  // lavapipe compiles a kernel in half a second where it has not kept it: the longest sequences of the operations that have most of them.
  const { operations, updates, steps, determinism } = deviceCases()
  const hardest =
    /^(embed with positions|norm with gain and bias|linear with bias and scale|attention): .* 1 x \d\d tokens/
  const some = [
    ...operations.filter(({ name }) => hardest.test(name)),
    ...updates.slice(0, 1),
    ...steps.slice(0, 1),
    ...determinism.slice(0, 2),
  ]
  const cases = everything ? Object.values(deviceCases()).flat() : some
  it.each(cases.map((each) => [each.name, each] as const))("%s", { timeout: 120_000 }, async (_, each) => {
    expect(each.skip(found.info)).toBeUndefined()
    await each.run(found)
  })

  const runs = backendTests(WebGpuBackend.layer, { spec: { precision: "f16" } })
  const told = runs.filter(
    ({ name }) => everything || /same numbers for the same spec|resumes an interrupted|branches from/.test(name),
  )
  it.each(told.map((each) => [each.name, each] as const))("%s", { timeout: 120_000 }, async (_, each) => {
    expect(await each.run()).toBeUndefined()
  })

  it("losses of 50 steps stay within 1e-3 of the reference, and fall", { timeout: 120_000 }, async () => {
    // Later on four batches are learned by heart: that amplifies any rounding.
    const got = await losses(found, 50)
    const expected = await losses(referenceDevice(), 50)
    expect(got.at(-1)).toBeLessThan(0.6 * got[0])
    expect(Math.max(...got.map((loss, i) => Math.abs(loss / expected[i] - 1)))).toBeLessThan(1e-3)
  })

  it("takes less than three quarters of the memory, all told", async () => {
    const training = model({ vocabulary: 512, sequenceLength: 64, width: 64, heads: 4, layers: 2 })
    const full = await webgpuDevice()
    const options = { lanes: 1, microBatch: 256 }
    const [one, other] = await Promise.all([found.compile(training, options), full.compile(training, options)])
    expect(one.bytes / other.bytes).toBeLessThan(0.75)
    await full.close()
  })
})
