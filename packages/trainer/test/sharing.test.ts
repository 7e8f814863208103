/** What bundles share, and what they must not: executables, corpora, chunks of the device's time. */
import { Backend } from "@ts/backend"
import { type Call, type Device, referenceDevice } from "@ts/program"
import { Effect, Fiber, Stream } from "effect"
import { describe, expect, it } from "vitest"
import { assign, only, run, train } from "./study.ts"

/** The reference device, watched. */
const watched = () => {
  const reference = referenceDevice()
  const seen = { compiled: 0, disposed: 0, writes: 0, chunks: [] as Array<ReadonlyArray<Call>> }
  const device: Device = {
    ...reference,
    compile: async (...args) => {
      const executable = await reference.compile(...args)
      seen.compiled++
      return {
        ...executable,
        write: async (...values) => {
          await new Promise((resolve) => setTimeout(resolve, 1))
          seen.writes++
          return executable.write(...values)
        },
        run: async (calls, active) => {
          seen.chunks.push(calls)
          return executable.run(calls, active)
        },
        dispose: () => {
          seen.disposed++
          return executable.dispose()
        },
      }
    },
  }
  return { device, seen }
}

describe("an executable", () => {
  it("is let go of only when nothing writes to it any more", async () => {
    const { device, seen } = watched()
    await run(
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Stream.runDrain((yield* Backend).train([assign()])))
        while (seen.writes === 0) yield* Effect.sleep(1)
        yield* Fiber.interrupt(fiber)
        const { writes } = seen
        yield* Effect.sleep(50)
        expect(seen.writes).toBe(writes)
      }),
      { device },
    )
  })

  it("serves every batch of a shape", async () => {
    const { device, seen } = watched()
    await run(
      Effect.gen(function* () {
        for (const tokens of [8, 16, 32, 64])
          yield* train(assign({ batch: { kind: "constant", tokens } }, { until: 64 }))
        expect(seen.compiled).toBe(1)
      }),
      { device },
    )
  })

  it("is given back when many shapes have come after it", async () => {
    const { device, seen } = watched()
    await run(
      Effect.gen(function* () {
        for (let width = 1; width <= 12; width++) {
          const model = { ...assign().spec.model, d_model: 4 * width }
          yield* train(assign({ model, parametrisation: { kind: "standard" } }, { until: 32 }))
        }
        expect(seen.compiled).toBe(12)
        expect(seen.disposed).toBe(4)
      }),
      { device },
    )
    expect(seen.disposed).toBe(12)
  })
})

describe("readings", () => {
  it("of lanes that share a corpus are taken together", async () => {
    const { device, seen } = watched()
    const readings = { until: 32, evaluateAt: [32] }
    const events = await run(train(assign({}, readings), assign({ seed: 2 }, readings)), { device })
    expect(only(events, "Evaluated")).toHaveLength(2)
    const sequences = seen.chunks.flat().flatMap((call) => (call.program === "evaluate" ? [call.sequences] : []))
    expect(sequences.reduce((sum, count) => sum + count, 0)).toBe(16)
  })

  it("of the noise scale keep to the length of a chunk", async () => {
    const { device, seen } = watched()
    const probed = assign({}, { until: 32, evaluateAt: [32], noiseScale: { small: 8, big: 256, samples: 1 } })
    await run(train(probed), { device, chunkMillis: 0.001, microBatchTokens: 8 })
    const sequences = (calls: ReadonlyArray<Call>) =>
      calls.reduce((sum, call) => sum + ("sequences" in call ? call.sequences : 0), 0)
    expect(Math.max(...seen.chunks.map(sequences))).toBe(1)
  })
})
