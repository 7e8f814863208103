import { assert, describe, it } from "@effect/vitest"
import { makespan } from "../plan/cost.ts"
import type { Lane } from "./lane.ts"
import { nextBundle } from "./queue.ts"

const lane = (key: string, status: Lane["status"] = "waiting"): Lane =>
  ({ key, status, tokens: 0, rejected: new Set(), run: { spec: {} } }) as unknown as Lane
const many = (count: number, key: string) => Array.from({ length: count }, () => lane(key))

describe("bundles", () => {
  it("fill free workers before lanes", () => {
    assert.strictEqual(nextBundle(many(4, "a"), 4, 8).length, 1)
    assert.strictEqual(nextBundle(many(5, "a"), 4, 8).length, 2)
    assert.strictEqual(nextBundle(many(100, "a"), 4, 8).length, 8)
    assert.strictEqual(nextBundle(many(100, "a"), 4, 1).length, 1)
  })

  it("hold runs of equal shape only, first come first", () => {
    const lanes = [lane("a", "running"), lane("b"), ...many(3, "a"), ...many(2, "b")]
    assert.deepStrictEqual(
      nextBundle(lanes, 1, 8).map(({ key }) => key),
      ["b", "b", "b"],
    )
    assert.deepStrictEqual(nextBundle([lane("a", "finished")], 1, 8), [])
  })
})

describe("makespan", () => {
  it("of jobs on workers that take the next as they become free", () => {
    assert.strictEqual(makespan([], 2), 0)
    assert.strictEqual(makespan([3, 2, 2], 1), 7)
    assert.strictEqual(makespan([3, 3, 2, 2, 2], 2), 7)
    assert.strictEqual(makespan([5, 1, 1], 8), 5)
  })
})
