import { suite } from "@ts/backend-conformance"
import { DataSource } from "@ts/data"
import { Layer } from "effect"
import { withAdapter } from "../test/adapter.ts"
import { WebGpuBackend } from "./index.ts"

withAdapter("WebGPU: backend conformance", () => {
  suite("WebGPU", WebGpuBackend.layerWith({ kernels: "independent" }).pipe(Layer.provide(DataSource.layer())))
})
