import { expect, it } from "vitest"
import { makePace } from "./pace.ts"

it("starts with one block, grows at most fourfold, and settles at the chunk time", () => {
  const pace = makePace({ chunkMillis: 250, block: 8 })
  const held: Array<number> = []
  for (let i = 0; i < 8; i++) {
    const sequences = pace.sequences()
    held.push(sequences)
    pace.measured(sequences, sequences * 0.5)
  }
  expect(held).toEqual([8, 32, 128, 496, 496, 496, 496, 496])
})

it("holds one block where that alone takes longer, and stays finite under a stopped clock", () => {
  const slow = makePace({ chunkMillis: 250, block: 8 })
  slow.measured(8, 10_000)
  expect(slow.sequences()).toBe(8)
  const stopped = makePace({ chunkMillis: 250, block: 8 })
  stopped.measured(8, 0)
  expect(stopped.sequences()).toBe(32)
})

it("trusts a device's own speed by half", () => {
  expect(makePace({ chunkMillis: 250, block: 8, expectedMillis: 1 }).sequences()).toBe(120)
})
