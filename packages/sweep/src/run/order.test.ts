import { assert, it } from "@effect/vitest"
import { inOrder, type Place } from "./order.ts"
import { goalOf } from "./stages.ts"

const place = (horizon: number, depth: number, flops: number, index: number): Place => ({
  horizon,
  depth,
  flops,
  index,
})

it("short horizons first, then parents, then the longest, then as planned", () => {
  const sorted = [place(8, 0, 5, 3), place(8, 0, 1, 2), place(8, 0, 1, 4), place(8, 1, 9, 1), place(16, 0, 99, 0)]
  assert.deepStrictEqual([...sorted].reverse().sort(inOrder), sorted)
})

it("a run stops where it takes some seconds to get, else goes on, and stops at once where no speed is known", () => {
  const stops = [1, 2, 4, 8]
  const at = (speed: number) => (stop: number) => stop / speed
  assert.strictEqual(goalOf(stops, at(0.1), 5), 1)
  assert.strictEqual(goalOf(stops, at(0.5), 5), 4)
  assert.strictEqual(goalOf(stops, at(2), 5), 8)
  assert.strictEqual(
    goalOf(stops, () => undefined, 5),
    1,
  )
})
