import { suite } from "@ts/backend-conformance"
import { DataSource } from "@ts/data"
import { Layer } from "effect"
import { afterAll, beforeAll } from "vitest"
import { SlurmBackend } from "../src/index.ts"
import { startSite, type TestSite } from "./site.ts"

let site: TestSite
beforeAll(async () => {
  site = await startSite()
})
afterAll(() => site.stop())

suite(
  "two nodes of a Slurm cluster",
  Layer.suspend(() => SlurmBackend.layerWith(site.options("cpu", { onInterrupt: "cancel" }))).pipe(
    Layer.provide(DataSource.layer()),
  ),
  { timeout: 120_000 },
)
