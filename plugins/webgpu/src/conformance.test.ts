import { deviceCases, deviceSuite } from "@ts/backend-conformance"
import { describe, it } from "vitest"
import { availability, withAdapter } from "../test/adapter.ts"
import { webgpuDevice } from "./index.ts"

/** Sizes that no tile divides; the rest of the operations have none. */
const hardest = /embed with its table.*(1 x)|norm with gain and bias: .*(1 x)|attention with ALiBi: .*(1 x)/
/** It compiles barriers for seconds and waits at them for as long: whole decoders are left to other drivers, such as lavapipe. */
const patient = availability.available && !availability.adapter.includes("swiftshader")

withAdapter("WebGPU: device conformance", () => {
  deviceSuite("webgpu, no barriers", () => webgpuDevice({ kernels: "independent" }))

  describe.each(["cooperative", "subgroups"] as const)("webgpu, %s: device conformance, sampled", (kernels) => {
    const device = webgpuDevice({ kernels })
    const { operations, updates, steps, determinism } = deviceCases()
    const cases = [
      ...operations.filter(({ name }) => hardest.test(name)),
      ...updates.slice(0, 1),
      ...(patient ? [...steps, ...determinism] : []),
    ]
    it.each(cases.map((each) => [each.name, each] as const))("%s", { timeout: 120_000 }, async (_, each) => {
      await each.run(await device)
    })
  })
})
