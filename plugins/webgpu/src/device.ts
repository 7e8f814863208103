import { type Device, type DeviceInfo, opKinds, requireOperations, type Training, validate } from "@ts/program"
import { type AdapterOptions, describe, findAdapter, isSoftware } from "./adapter.ts"
import { checkCount } from "./check.ts"
import { bindCommands } from "./commands.ts"
import { makeExecutable } from "./executable.ts"
import { type Gpu, makeGpuSource, requireAlive } from "./gpu.ts"
import { allocate } from "./memory.ts"
import { makePlan } from "./plan.ts"

export interface WebGpuOptions extends AdapterOptions {
  /**
   * `cooperative`: workgroups share tiles in workgroup memory and add up over it; `independent`: no barriers, which software adapters are
   * slow at. By default what suits the adapter. The two differ in last bits, and in `numericsId`.
   */
  readonly kernels?: "cooperative" | "independent"
}

export interface WebGpuDevice extends Device {
  /** Gives everything back, executables too. */
  readonly close: () => Promise<void>
}

/** Tokens of a block; part of what the numbers are, so part of `numericsId`'s version. */
const blockTokens = 256
const kernelVersion = "v1"
const maxLanes = 64

/** Lower case, and a hyphen for all that is no letter or digit. */
const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")

/** Vendor, architecture and device as the adapter names them; kernels that it would not get by itself are named, too. */
const idOf = (adapter: GPUAdapter, cooperative: boolean): string =>
  [
    "webgpu",
    slug(describe(adapter)),
    ...(cooperative === isSoftware(adapter) ? [cooperative ? "cooperative" : "independent"] : []),
    "f32",
    kernelVersion,
  ].join("-")

/**
 * A GPU as a device, in pages and in Node: float32, lanes side by side.
 *
 * Numbers are bit-identical whatever the lanes and micro-batches, on one adapter and driver. The gradient is the sum, from
 * left to right, of the gradients of blocks of `blockSequences` sequences (about 256 tokens).
 * @throws {WebGpuUnavailable} where there is no adapter
 */
export const webgpuDevice = async (options: WebGpuOptions = {}): Promise<WebGpuDevice> => {
  const adapter = await findAdapter(options)
  const cooperative = options.kernels === undefined ? !isSoftware(adapter) : options.kernels === "cooperative"
  const info: DeviceInfo = {
    kind: "webgpu",
    name: `WebGPU, ${describe(adapter)}${isSoftware(adapter) ? " (in software)" : ""}`,
    numericsId: idOf(adapter, cooperative),
    precision: "f32",
    operations: opKinds,
    maxLanes,
    concurrency: 1,
    deterministic: true,
  }
  const source = makeGpuSource(options, adapter)

  const build = async (gpu: Gpu, training: Training, lanes: number, microBatch: number, keep: readonly string[]) => {
    const blockSequences = Math.max(1, Math.floor(blockTokens / training.sequenceLength))
    const { limits } = gpu.device
    const plan = makePlan({ training, lanes, microBatch, keep, blockSequences, cooperative, limits })
    const memory = await allocate(gpu, plan, lanes)
    try {
      const bound = await bindCommands(gpu, plan.programs, memory, lanes)
      return makeExecutable({ gpu, training, plan, memory, bound, lanes, microBatch, blockSequences, keep })
    } catch (error) {
      memory.destroy()
      requireAlive(gpu)
      throw error
    }
  }
  return {
    info,
    compile: async (training, { lanes, microBatch, keep = [] }) => {
      checkCount("lanes", lanes, maxLanes)
      checkCount("microBatch", microBatch)
      requireOperations(info, training)
      validate(training)
      return build(await source.open(), training, lanes, microBatch, keep)
    },
    close: async () => {
      source.close()
    },
  }
}
