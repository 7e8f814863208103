import { expect, it } from "vitest"
import { groupByRate } from "./levels.ts"

const readings = [
  { eta: 0.02, loss: 3.5 },
  { eta: 0.01, loss: 3.25 },
  { eta: 0.04, loss: 9 },
  { eta: 0.02, loss: 3 },
  { eta: 0.02, loss: 4 },
]

it("gathers the sound readings by rate, ascending, with means and scatter by hand", () => {
  const { levels, members, scatters } = groupByRate(readings, [0, 1, 3, 4])
  expect(members).toEqual([[1], [3, 0, 4]])
  expect(levels).toEqual({ x: [Math.log(0.01), Math.log(0.02)], y: [3.25, 3.5], repeats: [1, 3], scatter: 0 })
  // 0^2 + 0.5^2 + 0.5^2
  expect(scatters).toEqual([0, 0.5])
  expect(groupByRate(readings, [])).toEqual({
    levels: { x: [], y: [], repeats: [], scatter: 0 },
    members: [],
    scatters: [],
  })
})

it("has the same digits whatever the order of the readings", () => {
  // (0.1 + 0.2) + 0.3 and (0.3 + 0.2) + 0.1 differ in the last one.
  const losses = [0.3, 0.1, 0.2]
  const of = (order: ReadonlyArray<number>) => {
    const { levels, scatters } = groupByRate(
      order.map((i) => ({ eta: 0.01, loss: losses[i] })),
      [0, 1, 2],
    )
    return { levels, scatters }
  }
  for (const order of [
    [0, 2, 1],
    [1, 2, 0],
    [2, 1, 0],
  ])
    expect(of(order)).toEqual(of([0, 1, 2]))
})

it("takes rates within one per cent of the group's first for one rate, and no farther", () => {
  const of = (...etas: ReadonlyArray<number>) =>
    groupByRate(
      etas.map((eta, i) => ({ eta, loss: i })),
      etas.map((_, i) => i),
    ).members
  expect(of(0.01, 0.01009)).toEqual([[0, 1]])
  expect(of(0.01, 0.01011)).toEqual([[0], [1]])
  // A chain of near rates ends where it leaves the first: ln(1.014) > 0.01.
  expect(of(0.01, 0.01007, 0.01014)).toEqual([[0, 1], [2]])
})
