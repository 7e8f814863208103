/**
 * The adapter that tests run on: that of a driver named by `VK_ICD_FILENAMES`, else lavapipe as `lavapipe.sh` unpacks it, else Chromium's
 * SwiftShader. Whoever has none is told so and skips; with `CI` set that is a failure.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "vitest"
import { webgpuAvailability } from "../src/index.ts"

const drivers = [
  join(import.meta.dirname, "../build/lavapipe/icd.json"),
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/share/chromium/vk_swiftshader_icd.json",
]

/** The loader reads the environment when the first adapter is asked for. */
export const chooseDriver = (): void => {
  const found = drivers.find((file) => existsSync(file))
  if (process.env["VK_ICD_FILENAMES"] === undefined && found !== undefined) process.env["VK_ICD_FILENAMES"] = found
}

chooseDriver()
export const availability = await webgpuAvailability()

/** Registers tests that need an adapter. */
export const withAdapter = (title: string, register: () => void): void => {
  if (availability.available) {
    register()
    return
  }
  const { reason } = availability
  describe(title, () =>
    it("needs an adapter", (context) => {
      if (process.env["CI"]) throw new Error(`CI is to have an adapter: plugins/webgpu/test/lavapipe.sh. ${reason}`)
      context.skip(reason)
    }),
  )
}
