/** Dawn in Node as on a page: `navigator.gpu` and the globals of WebGPU, which libraries made for pages ask for. */
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"

const plugin = join(import.meta.dirname, "../../plugins/webgpu")

export const drivers: Readonly<Record<string, string>> = {
  lavapipe: join(plugin, "build/lavapipe/icd.json"),
  swiftshader: "/usr/lib/chromium/vk_swiftshader_icd.json",
}

/** Chooses the driver of that name, or leaves it to `VK_ICD_FILENAMES`; to be called before the first adapter is asked for. */
export const nodeGpu = (driver?: string): GPU => {
  const file = driver === undefined ? undefined : drivers[driver]
  if (driver !== undefined && (file === undefined || !existsSync(file)))
    throw new Error(`no driver "${driver}": ${file ?? `there are ${Object.keys(drivers).join(", ")}`}`)
  if (file !== undefined) process.env["VK_ICD_FILENAMES"] = file
  const { create, globals } = createRequire(join(plugin, "package.json"))("webgpu") as {
    readonly create: (flags: readonly string[]) => GPU
    readonly globals: object
  }
  Object.assign(globalThis, globals)
  // Timestamps are rounded to tenths of a millisecond otherwise.
  const gpu = create(["disable-dawn-features=timestamp_quantization"])
  Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true })
  return gpu
}
