import { deviceCases, deviceSuite } from "@ts/backend-conformance"
import { describe, it } from "vitest"
import { withAdapter } from "../test/adapter.ts"
import { webgpuDevice } from "./index.ts"

/** Sizes that no tile divides, and whole steps: software adapters take seconds to compile a kernel with barriers. */
const hardest = /embed with its table.*(1 x)|norm with gain and bias: .*(1 x)|attention with ALiBi: .*(1 x)/

withAdapter("WebGPU: device conformance", () => {
  deviceSuite("webgpu, no barriers", () => webgpuDevice({ kernels: "independent" }))

  describe("webgpu, shared tiles: device conformance, sampled", () => {
    const device = webgpuDevice({ kernels: "cooperative" })
    const { operations, steps, determinism } = deviceCases()
    const cases = [...operations.filter(({ name }) => hardest.test(name)), ...steps, ...determinism]
    it.each(cases.map((each) => [each.name, each] as const))("%s", { timeout: 60_000 }, async (_, each) => {
      await each.run(await device)
    })
  })
})
