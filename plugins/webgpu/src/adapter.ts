/** Finds WebGPU: a page's `navigator.gpu`, or in Node the npm package `webgpu` where it is installed. */
import { WebGpuUnavailable } from "./errors.ts"

export interface AdapterOptions {
  /** An entry point of one's own, such as `create([...])` of the package `webgpu`; found by itself unless given. */
  readonly gpu?: GPU
  readonly powerPreference?: GPUPowerPreference
}

interface NodePackage {
  readonly create: (flags: readonly string[]) => GPU
}

/** Kept from bundlers: a page has no use for 132 MB of binaries. */
const nodePackage = "webgpu"

let nodeGpu: Promise<GPU> | undefined

const loadNode = async (): Promise<GPU> => {
  try {
    const { create } = (await import(/* @vite-ignore */ nodePackage)) as NodePackage
    return create([])
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n")[0] : String(cause)
    throw new WebGpuUnavailable(
      `this runtime has no WebGPU of its own, and the npm package "webgpu" cannot be loaded (${why}); install it beside this one: npm install webgpu, or npm install --global webgpu for a global command`,
      { cause },
    )
  }
}

/** Once, and held for good: Dawn crashes when this is collected before its adapters and devices are. */
const fromNode = (): Promise<GPU> => {
  nodeGpu ??= loadNode()
  return nodeGpu
}

const inNode = (): boolean => typeof process === "object" && process.versions?.node !== undefined

const findGpu = async (): Promise<GPU> => {
  if (typeof navigator === "object" && navigator.gpu !== undefined) return navigator.gpu
  if (inNode()) return fromNode()
  throw new WebGpuUnavailable(
    typeof isSecureContext === "boolean" && !isSecureContext
      ? "pages have WebGPU only in a secure context; open this one by https or on localhost"
      : "this browser has no WebGPU; use a current Chrome, Edge, Safari or Firefox",
  )
}

/** @throws {WebGpuUnavailable} */
export const findAdapter = async ({ gpu, powerPreference }: AdapterOptions): Promise<GPUAdapter> => {
  const found = gpu ?? (await findGpu())
  const adapter = await found.requestAdapter(powerPreference === undefined ? {} : { powerPreference })
  if (adapter !== null) return adapter
  throw new WebGpuUnavailable(
    inNode()
      ? "no adapter: there is no GPU with a Vulkan, Metal or D3D12 driver here; install one (on Linux libvulkan1 and your card's driver, or Mesa's lavapipe 25 for a slow one in software), or use the CPU backend"
      : "no adapter: the browser found no GPU it trusts; look at chrome://gpu (Chromium on Linux needs --enable-unsafe-webgpu), or use another browser",
  )
}

export type WebGpuAvailability =
  | { readonly available: true; readonly adapter: string; readonly software: boolean }
  | { readonly available: false; readonly reason: string }

/** Vendor, architecture and device, as far as the adapter names them. */
export const describe = ({ info }: GPUAdapter): string =>
  [info.vendor, info.architecture, info.device].filter((part) => part !== "").join(" ") || "unnamed adapter"

/** Some browsers do not say. */
export const isSoftware = ({ info }: GPUAdapter): boolean => info.isFallbackAdapter === true

/** Whether there is an adapter, or why not; never throws. */
export const webgpuAvailability = async (options: AdapterOptions = {}): Promise<WebGpuAvailability> => {
  try {
    const adapter = await findAdapter(options)
    return { available: true, adapter: describe(adapter), software: isSoftware(adapter) }
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) }
  }
}
