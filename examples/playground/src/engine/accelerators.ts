/** Devices that a browser may have besides its processor. */
import type { Backend, BackendError } from "@ts/backend"
import type { DataSource } from "@ts/data"
import type { Layer } from "effect"

export interface Accelerator {
  /** In words, for people. */
  readonly name: string
  /** It only pretends to be one, and is slower than the processor it runs on. */
  readonly slow: boolean
  readonly layer: Layer.Layer<Backend, BackendError, DataSource>
}

/** Loads its code when it is asked for, and finds a device or says why there is none. */
export type FindAccelerator = () => Promise<Accelerator | { readonly missing: string }>

export const webgpu: FindAccelerator = async () => {
  const { WebGpuBackend, webgpuAvailability } = await import("@ts/backend-webgpu")
  const found = await webgpuAvailability()
  if (!found.available) return { missing: found.reason }
  return {
    name: `WebGPU (${found.adapter}${found.software ? ", in software" : ""})`,
    slow: found.software,
    layer: WebGpuBackend.layerWith({ checkpointMillis: 2000 }),
  }
}
