import "../test/build.ts"
import { suite } from "@ts/backend-conformance"
import { DataSource } from "@ts/data"
import { Layer } from "effect"
import { CpuBackend } from "./index.ts"

suite("CPU", CpuBackend.layerWith({ lanes: 8 }).pipe(Layer.provide(DataSource.layer())))
suite(
  "CPU, one thread, small micro-batches, short chunks",
  CpuBackend.layerWith({ threads: 1, microBatchTokens: 16, chunkMillis: 1, checkpointMillis: 1 }).pipe(
    Layer.provide(DataSource.layer()),
  ),
)
