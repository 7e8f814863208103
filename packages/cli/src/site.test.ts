import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Option } from "effect"
import { expect, it } from "vitest"
import { type SiteFlags, siteOptions } from "./site.ts"

const none = Option.none()
const flags: SiteFlags = {
  ...{ shared: Option.some("/scratch/me"), partition: none, account: none, gres: none, time: none, constraint: none },
  ...{ host: none, site: none, workerBackend: "cpu" },
}

const optionsOf = (study: string, more: Partial<SiteFlags> = {}) =>
  siteOptions({ ...flags, ...more }, { name: study, folder: "/elsewhere" }).pipe(
    Effect.provide(NodeServices.layer),
    Effect.runPromise,
  )
const nameOf = async (study: string) => (await optionsOf(study)).name

it("gives each study a folder of its own on the shared file system, by its name as far as a path takes it", async () => {
  expect(await nameOf("quickstart-2.1")).toBe("quickstart-2.1")
  const names = await Promise.all(
    ["a-b", "a b", "a/b", "a--b", "学", "学学", "-", `${"x".repeat(300)}`, "x".repeat(301)].map(nameOf),
  )
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/)
  expect(names[1]).toMatch(/^a-b-[0-9a-f]{8}$/)
  expect(await nameOf("a b")).toBe(names[1])
})

it("tells the worker what trains on the nodes, and how many runs side by side", async () => {
  const { worker } = await optionsOf("gpus", {
    host: Option.some("me@login"),
    workerBackend: "webgpu",
    lanes: Option.some(16),
  })
  expect(worker).toEqual(["time-transfer", "worker", "--backend", "webgpu", "--lanes", "16"])
})
