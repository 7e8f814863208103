import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { together } from "./together.ts"

/** Commits numbers; refuses batches with a negative one. */
const committing = () => {
  const batches: Array<ReadonlyArray<number>> = []
  const append = together((batch: ReadonlyArray<number>) =>
    Effect.suspend(() => {
      if (batch.some((n) => n < 0)) return Effect.fail(`refused ${batch.join()}`)
      batches.push(batch)
      return Effect.succeed(batch.map((n) => 10 * n))
    }),
  )
  return { batches, append }
}

describe("work done together", () => {
  it.effect("is one commit for those who come at the same time, and each gets its own answer", () =>
    Effect.gen(function* () {
      const { batches, append } = committing()
      assert.deepStrictEqual(yield* Effect.forEach([1, 2, 3], append, { concurrency: "unbounded" }), [10, 20, 30])
      assert.deepStrictEqual(yield* append(4), 40)
      assert.deepStrictEqual(batches, [[1, 2, 3], [4]])
    }),
  )

  it.effect("spoils no other where one piece is bad", () =>
    Effect.gen(function* () {
      const { batches, append } = committing()
      const exits = yield* Effect.forEach([1, -2, 3], (n) => Effect.exit(append(n)), { concurrency: "unbounded" })
      assert.deepStrictEqual(exits, [Exit.succeed(10), Exit.fail("refused -2"), Exit.succeed(30)])
      assert.deepStrictEqual(batches, [[1], [3]])
    }),
  )

  it.effect("goes on for the others when whoever came first is interrupted", () =>
    Effect.gen(function* () {
      const { batches, append } = committing()
      const first = yield* Effect.forkChild(append(1))
      const second = yield* Effect.forkChild(append(2))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(first)
      assert.strictEqual(yield* Fiber.join(second), 20)
      assert.deepStrictEqual(batches.flat(), [1, 2])
    }),
  )
})
