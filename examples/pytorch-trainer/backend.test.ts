/** The trainer behind a driver: the contract of a backend, and a sweep. */
import { suite } from "@ts/backend-conformance"
import { ProcessBackend } from "@ts/backend-process"
import { DataSource } from "@ts/data"
import { Store, Sweep } from "@ts/sweep"
import { Effect, Layer, Stream } from "effect"
import { describe, expect, it } from "vitest"
import study from "./study.ts"
import { python, torch, trainer } from "./testing.ts"

const backend = ProcessBackend.layerWith({ command: [python, trainer] }).pipe(Layer.provide(DataSource.layer()))

if (torch) suite("PyTorch", backend, { timeout: 180_000 })

describe.skipIf(!torch)("a study on the PyTorch trainer", () => {
  it("gives rows", { timeout: 300_000 }, async () => {
    const rows = await Effect.gen(function* () {
      yield* Stream.runDrain(Sweep.run(yield* Sweep.plan(study)))
      return yield* Store.rows(study)
    }).pipe(Effect.provide([backend, Store.memory]), Effect.runPromise)
    expect(rows).toHaveLength(20)
    for (const row of rows) expect(row).toMatchObject({ status: "finished", provenance: { backend: "pytorch" } })
    const best = (width: number) =>
      rows.filter((row) => row.width === width && row.tokens === 2 ** 16).reduce((a, b) => (a.loss! < b.loss! ? a : b))
        .eta
    // What the plan is for.
    expect([best(32), best(64)]).toEqual([2 ** -7, 2 ** -7])
  })
})
