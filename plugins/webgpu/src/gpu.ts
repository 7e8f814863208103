/** A `GPUDevice` with what is worth keeping as long as it lives: layouts and pipelines. */
import { type AdapterOptions, findAdapter } from "./adapter.ts"
import { DeviceLost } from "./errors.ts"

export interface Gpu {
  readonly device: GPUDevice
  /** Held as long as the device is: Dawn crashes in Node when what it came from is collected first. */
  readonly entry: GPU | undefined
  /** Why it is lost; undefined while it is not. */
  readonly lost: () => string | undefined
  readonly callLayout: GPUBindGroupLayout
  /** With or without a uniform after the tensors. */
  readonly tensorLayout: (tensors: number, open: boolean) => GPUBindGroupLayout
  /** Compiled once for each text. */
  readonly pipeline: (code: string, tensors: number, open: boolean, label: string) => Promise<GPUComputePipeline>
}

/** What kernels may ask of an adapter: what it has, since more is never slower. */
const wantedLimits = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
] as const

// Numbers of the specification: `GPUShaderStage` and the like are no globals in Node.
const COMPUTE = 4
export const bufferUsage = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const

/** What kernels may use where an adapter has it. */
const wantedFeatures = ["shader-f16", "subgroups"] as const

export const openGpu = async (adapter: GPUAdapter, entry: GPU | undefined): Promise<Gpu> => {
  const requiredLimits = Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]]))
  const device = await adapter.requestDevice({
    requiredLimits,
    requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
  })
  let lost: string | undefined
  device.lost.then(({ reason, message }) => {
    lost = [reason, message].filter((part) => part !== "").join(": ") || "unknown reason"
  })
  const slot = (binding: number, type: GPUBufferBindingType): GPUBindGroupLayoutEntry => ({
    binding,
    visibility: COMPUTE,
    buffer: { type },
  })
  const callLayout = device.createBindGroupLayout({
    entries: [
      { binding: 0, visibility: COMPUTE, buffer: { type: "uniform", hasDynamicOffset: true } },
      slot(1, "read-only-storage"),
    ],
  })
  const layouts = new Map<string, { readonly tensors: GPUBindGroupLayout; readonly pipeline: GPUPipelineLayout }>()
  const layoutOf = (tensors: number, open: boolean) => {
    const key = `${tensors} ${open}`
    const known = layouts.get(key)
    if (known !== undefined) return known
    const group = device.createBindGroupLayout({
      entries: Array.from({ length: open ? tensors + 1 : tensors }, (_, binding) =>
        slot(binding, binding < tensors ? "storage" : "uniform"),
      ),
    })
    const made = {
      tensors: group,
      pipeline: device.createPipelineLayout({ bindGroupLayouts: [callLayout, group] }),
    }
    layouts.set(key, made)
    return made
  }
  const pipelines = new Map<string, Promise<GPUComputePipeline>>()
  return {
    device,
    entry,
    lost: () => lost,
    callLayout,
    tensorLayout: (tensors, open) => layoutOf(tensors, open).tensors,
    pipeline: (code, tensors, open, label) => {
      const known = pipelines.get(code)
      if (known !== undefined) return known
      const made = device.createComputePipelineAsync({
        label,
        layout: layoutOf(tensors, open).pipeline,
        compute: { module: device.createShaderModule({ code, label }), entryPoint: "main" },
      })
      pipelines.set(code, made)
      // One that failed may succeed another time, on a driver that had no memory.
      made.catch(() => pipelines.delete(code))
      return made
    },
  }
}

/** One GPU at a time; when it is lost, the next who asks gets another. */
export const makeGpuSource = (
  options: AdapterOptions,
  first: GPUAdapter,
): { readonly open: () => Promise<Gpu>; readonly close: () => void } => {
  let closed = false
  let current: Promise<Gpu> | undefined
  // An adapter gives one device only.
  let unused: GPUAdapter | undefined = first
  const open = async (): Promise<Gpu> => {
    if (closed) throw new Error("this device has been closed; make another one")
    const gpu = await current?.catch(() => undefined)
    if (gpu !== undefined && gpu.lost() === undefined) return gpu
    const fresh = (async () => {
      const adapter = unused ?? (await findAdapter(options))
      unused = undefined
      return openGpu(adapter, options.gpu)
    })()
    current = fresh
    return fresh
  }
  let opening: Promise<unknown> = Promise.resolve()
  return {
    open: () => {
      const next = opening.then(open)
      opening = next.catch(() => {})
      return next
    },
    close: () => {
      closed = true
      unused = undefined
      current?.then(
        ({ device }) => device.destroy(),
        () => {},
      )
      current = undefined
    },
  }
}

/** @throws {DeviceLost} */
export const requireAlive = (gpu: Gpu): void => {
  const reason = gpu.lost()
  if (reason !== undefined) throw new DeviceLost(reason)
}
