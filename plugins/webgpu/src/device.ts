import {
  type Device,
  type DeviceInfo,
  opKinds,
  type Precision,
  requireOperations,
  type Training,
  validate,
} from "@ts/program"
import { type AdapterOptions, describe, findAdapter, isSoftware } from "./adapter.ts"
import { checkCount } from "./check.ts"
import { bindCommands } from "./commands.ts"
import { FeatureMissing } from "./errors.ts"
import { makeExecutable } from "./executable.ts"
import { type Gpu, makeGpuSource, requireAlive } from "./gpu.ts"
import { type Kernels, MAX_LANES } from "./kernels/kernel.ts"
import { allocate } from "./memory.ts"
import { makePlan } from "./plan.ts"

export interface WebGpuOptions extends AdapterOptions {
  /**
   * `cooperative`: workgroups share tiles in workgroup memory and add up over it; `subgroups`: the same, and rows are added up within
   * subgroups first; `independent`: no barriers, which software adapters are slow at. By default what suits the adapter. They differ in
   * last bits, and in `numericsId`.
   */
  readonly kernels?: Kernels
  /**
   * `f16`: activations of the forward pass are stored in float16, which halves most of the memory; sums, weights, gradients and
   * statistics stay float32. Needs the feature `shader-f16`. By default `f32`.
   */
  readonly precision?: "f32" | "f16"
}

export interface WebGpuDevice extends Device {
  /** Gives everything back, executables too. */
  readonly close: () => Promise<void>
}

/** Tokens of a block; part of what the numbers are, so part of `numericsId`'s version. */
const blockTokens = 256
const kernelVersion = "v2"

/** Lower case, and a hyphen for all that is no letter or digit. */
const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")

const suited = (adapter: GPUAdapter): Kernels =>
  isSoftware(adapter) ? "independent" : adapter.features.has("subgroups") ? "subgroups" : "cooperative"

/** Vendor, architecture and device as the adapter names them. */
const idOf = (adapter: GPUAdapter, kernels: Kernels, precision: Precision): string =>
  ["webgpu", slug(describe(adapter)), kernels, precision, kernelVersion].join("-")

/** @throws {FeatureMissing} */
const requireFeature = (adapter: GPUAdapter, feature: GPUFeatureName, option: string): void => {
  if (!adapter.features.has(feature)) throw new FeatureMissing(describe(adapter), feature, option)
}

/**
 * A GPU as a device, in pages and in Node, lanes side by side.
 *
 * Numbers are bit-identical whatever the lanes and micro-batches, on one adapter and driver. The gradient is the sum, from
 * left to right, of the gradients of blocks of `blockSequences` sequences (about 256 tokens).
 * @throws {WebGpuUnavailable | FeatureMissing} where there is no adapter, or not one for these options
 */
export const webgpuDevice = async (options: WebGpuOptions = {}): Promise<WebGpuDevice> => {
  const adapter = await findAdapter(options)
  const { kernels = suited(adapter), precision = "f32" } = options
  if (kernels === "subgroups") requireFeature(adapter, "subgroups", 'kernels: "subgroups"')
  if (precision === "f16") requireFeature(adapter, "shader-f16", 'precision: "f16"')
  const info: DeviceInfo = {
    kind: "webgpu",
    name: `WebGPU, ${describe(adapter)}${isSoftware(adapter) ? " (in software)" : ""}`,
    numericsId: idOf(adapter, kernels, precision),
    precision,
    operations: opKinds,
    maxLanes: MAX_LANES,
    concurrency: 1,
    deterministic: true,
  }
  const source = makeGpuSource(options, adapter)

  const build = async (gpu: Gpu, training: Training, lanes: number, microBatch: number, keep: readonly string[]) => {
    const blockSequences = Math.max(1, Math.floor(blockTokens / training.sequenceLength))
    const { limits } = gpu.device
    const half = precision === "f16"
    const plan = makePlan({ training, lanes, microBatch, keep, blockSequences, kernels, half, limits })
    const memory = await allocate(gpu, plan)
    try {
      const bound = await bindCommands(gpu, plan.programs, memory)
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
      checkCount("lanes", lanes, MAX_LANES)
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
