import { suite } from "@ts/backend-conformance"
import { DataSource } from "@ts/data"
import { referenceDevice } from "@ts/program"
import { Layer } from "effect"
import { trainerBackend } from "./index.ts"

const on = (precision: "f64" | "f32", microBatchTokens?: number) =>
  trainerBackend({
    name: "reference",
    device: referenceDevice({ precision }),
    ...(microBatchTokens === undefined ? {} : { microBatchTokens }),
  }).pipe(Layer.provide(DataSource.layer()))

suite("trainer on the reference device", on("f64"), { spec: { precision: "f64" } })
suite("trainer on the reference device in f32, one sequence at a time", on("f32", 16))
