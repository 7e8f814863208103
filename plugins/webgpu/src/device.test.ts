import { type Call, referenceDevice, UnknownName, UnsupportedOperation } from "@ts/program"
import { describe, expect, it } from "vitest"
import { model, prepare, step, tokens } from "../../cpu/test/model.ts"
import { withAdapter } from "../test/adapter.ts"
import { gradientError, losses, oddShapes } from "../test/run.ts"
import { tapped } from "../test/tapped.ts"
import { findAdapter } from "./adapter.ts"
import {
  DeviceLost,
  FeatureMissing,
  LimitTooSmall,
  OutOfMemory,
  WebGpuUnavailable,
  webgpuAvailability,
  webgpuDevice,
} from "./index.ts"

const small = { vocabulary: 29, sequenceLength: 16, width: 24, heads: 2, layers: 1 } as const
const training = model({ ...small, averages: ["a"], tied: true })

const chunk = (steps: number, sequences: number): Call[] =>
  Array.from({ length: steps }, (_, i): Call[] => [
    { program: "grad", sequences, tokens: [tokens(training, sequences, i)] },
    { program: "update", scalars: [step(training, i + 1, sequences * 16)] },
  ]).flat()

withAdapter("WebGPU device", () => {
  describe("numbers", () => {
    it.each(oddShapes)("gradients of a decoder of width $width, $positions positions, within 1e-5", async (shape) => {
      const device = await webgpuDevice()
      expect(await gradientError(device, shape)).toBeLessThan(1e-5)
      await device.close()
    })

    it("losses of 200 steps stay within 1e-3 of the reference", { timeout: 60_000 }, async () => {
      const device = await webgpuDevice()
      const got = await losses(device, 200)
      const expected = await losses(referenceDevice(), 200)
      expect(expected.at(-1)).toBeLessThan(0.8 * expected[0])
      expect(Math.max(...got.map((loss, i) => Math.abs(loss / expected[i] - 1)))).toBeLessThan(1e-3)
      await device.close()
    })
  })

  describe("limits", () => {
    it("cuts calls into passes where activations do not fit, and changes no bit", { timeout: 60_000 }, async () => {
      const trace = async (gpu: GPU) => {
        const device = await webgpuDevice({ gpu })
        const executable = await device.compile(training, { lanes: 1, microBatch: 48 })
        await prepare(executable, training, 0, 1)
        const results = await executable.run(chunk(2, 48))
        return { results, weights: await executable.read(0, "wte"), bytes: executable.bytes }
      }
      const free = await trace((await tapped()).gpu)
      // The widest activation of 48 sequences takes 294,912 bytes, that of a block of 16 a third.
      const tight = await trace((await tapped({ maxStorageBufferBindingSize: 290_000 })).gpu)
      expect(tight.bytes).toBeLessThan(free.bytes)
      expect(tight.results).toEqual(free.results)
      expect(tight.weights).toEqual(free.weights)
    })

    it.each([true, false])(
      "cuts a table that is larger than a binding, and changes no bit, tied: %s",
      { timeout: 60_000 },
      async (tied) => {
        const wide = { ...small, vocabulary: 8191, sequenceLength: 2, tied }
        /** What the last of so many lanes comes to; it is always the same run. */
        const trace = async (gpu: GPU, lanes: number) => {
          const device = await webgpuDevice({ gpu })
          const training = model({ ...wide, averages: ["a"] })
          const executable = await device.compile(training, { lanes, microBatch: 2 })
          const seeds = Array.from({ length: lanes }, (_, lane) => lanes - 1 - lane)
          for (const [lane, seed] of seeds.entries()) await prepare(executable, training, lane, seed)
          const written = await executable.read(lanes - 1, "wte")
          const each = seeds.map((seed) => tokens(training, 2, seed))
          const scalars = seeds.map(() => step(training, 1, 4))
          const correction = new Float64Array(lanes).fill(4)
          const results = await executable.run([
            { program: "grad", sequences: 2, tokens: each },
            { program: "update", scalars },
            { program: "grad", sequences: 2, tokens: each },
            { program: "evaluate", sequences: 2, tokens: each, average: { name: "a", correction } },
          ])
          const gradient = await executable.read(lanes - 1, "grad:wte")
          const weights = await executable.read(lanes - 1, "wte")
          await device.close()
          const last = results.map((all) => all.slice((all.length / lanes) * (lanes - 1)))
          return { written, gradient, weights, results: last }
        }
        const free = await trace((await tapped()).gpu, 1)
        // A lane of the table takes 786,336 bytes; all parameters have to have several buffers.
        const limits = { maxStorageBufferBindingSize: 400_000, maxBufferSize: 1_000_000 }
        expect(await trace((await tapped(limits)).gpu, 1)).toEqual(free)
        expect(await trace((await tapped(limits)).gpu, 2)).toEqual(free)
        const device = await webgpuDevice({ gpu: (await tapped(limits)).gpu })
        expect(await gradientError(device, wide)).toBeLessThan(1e-5)
        await device.close()
      },
    )

    it("what fits in no way is refused, naming limit, tensor and size, before anything is allocated", async () => {
      const { gpu } = await tapped({ maxStorageBufferBindingSize: 2 ** 19 })
      const device = await webgpuDevice({ gpu })
      // Positions are read by rows of every sequence: they are not cut.
      const wide = model({ ...small, positions: "learned", sequenceLength: 8192, width: 32 })
      const refusal = await device.compile(wide, { lanes: 1, microBatch: 1 }).catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(LimitTooSmall)
      expect(refusal).toMatchObject({
        limit: "maxStorageBufferBindingSize",
        value: 2 ** 19,
        tensor: "wpe",
        bytes: 2 ** 20,
      })
      expect((refusal as Error).message).toContain('too small for "wpe"')
    })

    it("memory that is not there is an error of its own", async () => {
      const { gpu, devices } = await tapped()
      const device = await webgpuDevice({ gpu })
      await (await device.compile(training, { lanes: 1, microBatch: 1 })).dispose()
      // The only stand-in here: a machine that is really out of memory has more to say than this test.
      devices[0].popErrorScope = async () => ({ message: "nothing left" }) as GPUError
      await expect(device.compile(training, { lanes: 1, microBatch: 1 })).rejects.toThrow(OutOfMemory)
    })
  })

  describe("a lost device", () => {
    it("fails what runs and what comes after, and the next compile has another", { timeout: 60_000 }, async () => {
      const { gpu, devices } = await tapped()
      const device = await webgpuDevice({ gpu })
      const executable = await device.compile(training, { lanes: 1, microBatch: 4 })
      await prepare(executable, training, 0, 1)
      const running = executable.run(chunk(40, 4)).catch((error: unknown) => error)
      await Promise.resolve()
      devices[0].destroy()
      expect(await running).toBeInstanceOf(DeviceLost)
      await expect(executable.run(chunk(1, 4))).rejects.toThrow(DeviceLost)
      await expect(executable.read(0, "wte")).rejects.toThrow("compile again")
      await executable.dispose()

      const again = await device.compile(training, { lanes: 1, microBatch: 4 })
      expect(devices).toHaveLength(2)
      await prepare(again, training, 0, 1)
      const results = await again.run(chunk(1, 4))
      expect(results.flatMap((values) => [...values]).every(Number.isFinite)).toBe(true)
    })
  })

  describe("bad input", () => {
    it("is named before anything runs", async () => {
      const device = await webgpuDevice()
      await expect(device.compile(training, { lanes: 65, microBatch: 1 })).rejects.toThrow("from 1 to 64, not 65")
      await expect(device.compile(training, { lanes: 1, microBatch: 0 })).rejects.toThrow("microBatch must be")
      await expect(device.compile(training, { lanes: 1, microBatch: 1, keep: ["no"] })).rejects.toThrow(UnknownName)
      const shared = { ...training, update: [...training.update] }
      const at = shared.update.findIndex(({ outputs }) => outputs["parameter"] === "0.norm1.gain")
      shared.update[at] = { ...shared.update[at], inputs: { ...shared.update[at].inputs, gradient: "grad:normf.gain" } }
      await expect(device.compile(shared, { lanes: 1, microBatch: 1 })).rejects.toThrow(UnsupportedOperation)
      await device.close()
      await expect(device.compile(training, { lanes: 1, microBatch: 1 })).rejects.toThrow("closed")
    })
  })

  it("a feature that the adapter lacks is named", async () => {
    const { gpu } = await tapped({}, [])
    const refusal = await webgpuDevice({ gpu, precision: "f16" }).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(FeatureMissing)
    expect(refusal).toMatchObject({ feature: "shader-f16", message: expect.stringContaining('precision: "f16"') })
    await expect(webgpuDevice({ gpu, kernels: "subgroups" })).rejects.toThrow("subgroups")
  })

  it("says what it runs on", async () => {
    const adapter = await findAdapter({})
    const device = await webgpuDevice()
    expect(device.info.numericsId).toMatch(/^webgpu-[a-z0-9-]+-f32-v2$/)
    expect(device.info.name.includes("software")).toBe(adapter.info.isFallbackAdapter)
    const other = await webgpuDevice({ kernels: adapter.info.isFallbackAdapter ? "cooperative" : "independent" })
    expect(other.info.numericsId).not.toBe(device.info.numericsId)
    await Promise.all([device.close(), other.close()])
  })
})

describe("no adapter", () => {
  const none = { requestAdapter: async () => null } as unknown as GPU
  it("is a sentence that says what to do", async () => {
    await expect(webgpuDevice({ gpu: none })).rejects.toThrow(WebGpuUnavailable)
    const availability = await webgpuAvailability({ gpu: none })
    expect(availability).toMatchObject({ available: false, reason: expect.stringContaining("install") })
  })
})
