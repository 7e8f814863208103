/**
 * The adapter that tests run on: that of a driver named by `VK_ICD_FILENAMES`, else Chromium's SwiftShader, which compiles a kernel in a
 * fifth of the time that lavapipe takes (`lavapipe.sh` unpacks it). Both need the package libvulkan1. Whoever has none is told so and skips;
 * with `CI` set that is a failure.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "vitest"
import { webgpuAvailability } from "../src/index.ts"

const drivers = ["/usr/lib/chromium/vk_swiftshader_icd.json", join(import.meta.dirname, "../build/lavapipe/icd.json")]

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
      if (process.env["CI"]) throw new Error(`CI is to have an adapter: install chromium and libvulkan1. ${reason}`)
      context.skip(reason)
    }),
  )
}
