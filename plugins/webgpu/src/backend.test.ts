import { Backend, type BackendError, memoryCheckpoints } from "@ts/backend"
import { backendTests, fixtureStudy } from "@ts/backend-conformance"
import { DataSource } from "@ts/data"
import { Effect, Layer, Stream } from "effect"
import { describe, expect, it } from "vitest"
import { withAdapter } from "../test/adapter.ts"
import { tapped } from "../test/tapped.ts"
import { WebGpuBackend } from "./index.ts"

withAdapter("WebGPU: backend conformance", () => {
  const layer = WebGpuBackend.layerWith({ kernels: "independent" }).pipe(Layer.provide(DataSource.layer()))
  // Each case compiles its kernels anew. `test/chromium.ts` tries all of them on a page; here every third does, unless asked.
  const sample = backendTests(layer).filter((_, i) => process.env["WEBGPU_FULL"] !== undefined || i % 3 === 0)
  it.each(sample.map((each) => [each.name, each] as const))("%s", { timeout: 120_000 }, async (_, each) => {
    expect(await each.run()).toBeUndefined()
  })

  it("a lost GPU is an error to retry, and the retry goes on from the checkpoint", { timeout: 60_000 }, async () => {
    const { gpu, devices } = await tapped()
    const assignment = fixtureStudy().assignment()
    const backend = WebGpuBackend.layerWith({ gpu, chunkMillis: 1, checkpointMillis: 1 }).pipe(
      Layer.provide(DataSource.layer()),
    )
    const program = Effect.gen(function* () {
      const { prepare, train } = yield* Backend
      yield* prepare([assignment])
      const error: BackendError = yield* train([assignment]).pipe(
        Stream.tap(({ _tag }) => Effect.sync(() => _tag === "Checkpointed" && devices[0].destroy())),
        Stream.runDrain,
        Effect.flip,
      )
      expect(error).toMatchObject({ reason: "Device", retryable: true })
      expect(error.message).toContain("the GPU was lost")
      return yield* Stream.runCollect(train([assignment]))
    })
    const events = await Effect.runPromise(Effect.provide(program, Layer.merge(backend, memoryCheckpoints)))
    expect(devices).toHaveLength(2)
    expect(events.find(({ _tag }) => _tag === "Started")).toHaveProperty("resumedFrom")
    expect(events.at(-1)).toMatchObject({ _tag: "Finished", tokens: 2048 })
  })

  it("a GPU lost between two runs fails neither of them", { timeout: 60_000 }, async () => {
    const { gpu, devices } = await tapped()
    const { assignment } = fixtureStudy()
    const backend = WebGpuBackend.layerWith({ gpu }).pipe(Layer.provide(DataSource.layer()))
    const program = Effect.gen(function* () {
      const { prepare, train } = yield* Backend
      const run = (seed: number) =>
        Effect.gen(function* () {
          const asked = assignment({ seed })
          yield* prepare([asked])
          return yield* Stream.runCollect(train([asked]))
        })
      const before = yield* run(1)
      devices[0].destroy()
      yield* Effect.promise(() => devices[0].lost)
      return [before, yield* run(2)]
    })
    const runs = await Effect.runPromise(Effect.provide(program, Layer.merge(backend, memoryCheckpoints)))
    expect(devices).toHaveLength(2)
    for (const events of runs) expect(events.at(-1)).toMatchObject({ _tag: "Finished", tokens: 2048 })
  })
})

describe("no adapter", () => {
  it("is an Unavailable error that says what to do", async () => {
    const none = { requestAdapter: async () => null } as unknown as GPU
    const layer = WebGpuBackend.layerWith({ gpu: none }).pipe(Layer.provide(DataSource.layer()))
    const error = await Effect.runPromise(Effect.flip(Effect.provide(Effect.asVoid(Backend), layer)))
    expect(error).toMatchObject({
      reason: "Unavailable",
      retryable: false,
      message: expect.stringContaining("install"),
    })
  })
})
