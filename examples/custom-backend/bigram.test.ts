import { suite } from "@ts/backend-conformance"
import { DataSource } from "@ts/data"
import { Layer } from "effect"
import { BigramBackend } from "./bigram.ts"

suite("bigram", BigramBackend.layer.pipe(Layer.provide(DataSource.layer())), {
  spec: { precision: "f64", optimizer: { kind: "sgd", momentum: 0, clip: null, decay: "independent" } },
})
