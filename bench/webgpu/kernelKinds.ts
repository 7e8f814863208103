import {
  type AdapterOptions,
  FeatureMissing,
  type WebGpuOptions,
  webgpuDevice,
} from "../../plugins/webgpu/src/index.ts"

export type Kernels = NonNullable<WebGpuOptions["kernels"]>

/** The kinds of kernels that an adapter can run; the first is what a GPU gets by itself. */
export const kernelKinds = async (options: AdapterOptions = {}): Promise<readonly Kernels[]> => {
  const others = ["cooperative", "independent"] as const
  try {
    const device = await webgpuDevice({ ...options, kernels: "subgroups" })
    await device.close()
    return ["subgroups", ...others]
  } catch (error) {
    if (error instanceof FeatureMissing) return others
    throw error
  }
}
