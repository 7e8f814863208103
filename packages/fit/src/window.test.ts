import { describe, expect, it } from "vitest"
import type { Levels } from "./parabola.ts"
import { rivalMinimum, slice, windowAbout } from "./window.ts"

/** Losses above 2.3 nats at these octaves about 2^-8. */
const profile = (octaves: ReadonlyArray<number>, rises: ReadonlyArray<number>): Levels => ({
  x: octaves.map((v) => (v - 8) * Math.LN2),
  y: rises.map((v) => 2.3 + v),
  repeats: rises.map((_, i) => i + 1),
  scatter: 0,
})
const halves = [-1, -0.5, 0, 0.5, 1]
const window = (octaves: ReadonlyArray<number>, y: ReadonlyArray<number>, radius = 1, sigma = 0) =>
  windowAbout(profile(octaves, y), y.indexOf(0), radius, sigma)

describe("the window", () => {
  it("holds the points within its radius, and a little more for rates that were rounded", () => {
    const octaves = [-2.1, -2, -1.06, -1.04, -0.5, 0, 0.5, 1.04, 1.06, 2, 2.1]
    const y = octaves.map((v) => v * v)
    expect(window(octaves, y)).toEqual([3, 7])
    expect(window(octaves, y, 2)).toEqual([0, 10])
    expect(window(octaves, y, 1.9)).toEqual([2, 8])
    expect(window(octaves, y, 0.5)).toEqual([4, 6])
  })

  it("holds both neighbours however far they are", () => {
    expect(window([-9, -3, 0, 4, 9], [2, 1, 0, 1, 2])).toEqual([1, 3])
    expect(window([-9, -3, 0, 4, 9], [2, 1, 0, 50, 2])).toEqual([1, 3])
  })

  it("holds the two next points at an edge, as far as there are any", () => {
    expect(window([0, 3, 6, 9], [0, 1, 2, 3])).toEqual([0, 2])
    expect(window([0, 3, 6, 9], [3, 2, 1, 0])).toEqual([1, 3])
    expect(window([0, 3], [0, 1])).toEqual([0, 1])
    expect(window([0, 3], [1, 0])).toEqual([0, 1])
    expect(window([0], [0])).toEqual([0, 0])
  })

  it("stops before a loss that grows more than twice as fast as a parabola", () => {
    // Neighbours at half an octave rise by 1: a parabola has 4 at an octave, twice that is 8; the other side rises by 1 at most.
    const y = (right: number) => [1, 0, 0.5, right]
    for (const [right, end] of [
      [7.99, 3],
      [8.01, 2],
    ] as const)
      expect(window([-0.5, 0, 0.5, 1], y(right))).toEqual([0, end])
    for (const [left, from] of [
      [7.99, 0],
      [8.01, 1],
    ] as const)
      expect(window([-1, -0.5, 0, 0.5], [left, 0.5, 0, 1])).toEqual([from, 3])
  })

  it("bears four times what the other side rises by within the radius", () => {
    expect(window(halves, [4, 1, 0, 1, 15.99])).toEqual([0, 4])
    expect(window(halves, [4, 1, 0, 1, 16.01])).toEqual([0, 3])
    expect(window(halves, [15.99, 1, 0, 1, 4])).toEqual([0, 4])
    expect(window(halves, [16.01, 1, 0, 1, 4])).toEqual([1, 4])
    // What lies beyond the radius on the other side does not count.
    expect(window([-2, -0.5, 0, 0.5, 1], [9, 1, 0, 1, 8.01])).toEqual([1, 3])
    // Nor does the own side: 0.6 octaves have 1.44 times the rise at 0.5, and twice that is 2.88.
    expect(window([-0.5, 0, 0.5, 0.6], [0.1, 0, 1, 3])).toEqual([0, 2])
    expect(window([-0.6, -0.5, 0, 0.5], [3, 1, 0, 0.1])).toEqual([1, 3])
    // A dip on the other side is no rise.
    expect(window(halves, [0.5, 1, 0, 1, 8.01])).toEqual([0, 3])
  })

  it("bears the noise of a difference on top", () => {
    const slack = 3 * Math.SQRT2 * 0.1
    expect(window(halves, [4, 1, 0, 1, 16 + 0.99 * slack], 1, 0.1)).toEqual([0, 4])
    expect(window(halves, [4, 1, 0, 1, 16 + 1.01 * slack], 1, 0.1)).toEqual([0, 3])
  })

  it("measures growth by the farther neighbour and the higher one", () => {
    // Neighbours at 0.25 and 0.5 octaves, the higher rises by 1: at an octave 4 is expected.
    expect(window([-0.5, 0, 0.25, 1], [1, 0, 0.1, 7.99])).toEqual([0, 3])
    expect(window([-0.5, 0, 0.25, 1], [1, 0, 0.1, 8.01])).toEqual([0, 2])
    expect(window([-0.25, 0, 0.5, 1], [0.1, 0, 1, 8.01])).toEqual([0, 2])
  })

  it("does not go on behind a cliff", () => {
    const octaves = [-0.25, 0, 0.25, 0.5, 0.75, 1]
    expect(window(octaves, [1, 0, 1, 50, 3, 3])).toEqual([0, 2])
  })

  it("holds points as low as the minimum", () => {
    expect(windowAbout(profile(halves, [0, 0, 0, 0, 0]), 2, 1, 0)).toEqual([0, 4])
    expect(windowAbout(profile([-0.5, 0, 0.5, 1], [0, 0, 0, 0.1]), 1, 1, 0)).toEqual([0, 2])
  })
})

it("cuts all columns alike, ends included", () => {
  expect(slice(profile([0, 1, 2, 3], [5, 6, 7, 8]), 1, 2, 0.5)).toEqual({
    x: [-7 * Math.LN2, -6 * Math.LN2],
    y: [8.3, 9.3],
    repeats: [2, 3],
    scatter: 0.5,
  })
})

describe("a rival of the minimum", () => {
  const rival = (y: ReadonlyArray<number>, first: number, sigma?: number) =>
    rivalMinimum(
      profile(
        y.map((_, i) => i),
        y,
      ),
      first,
      sigma,
    )

  it("is as low within the noise of a difference, behind a barrier above it", () => {
    // Noise 3 sqrt(2) 0.1 = 0.424.
    expect(rival([2, 0, 1, 0.42, 2], 1, 0.1)).toBe(3)
    expect(rival([2, 0, 1, 0.43, 2], 1, 0.1)).toBeUndefined()
    expect(rival([2, 0, 0.43, 0, 2], 1, 0.1)).toBe(3)
    expect(rival([2, 0, 0.42, 0, 2], 1, 0.1)).toBeUndefined()
  })

  it("may be higher by half of its barrier", () => {
    expect(rival([2, 0, 1.5, 0.49, 2], 1, 0.01)).toBe(3)
    expect(rival([2, 0, 1.5, 0.51, 2], 1, 0.01)).toBeUndefined()
    expect(rival([2, 0, 1.5, 0.49, 2], 1)).toBe(3)
    expect(rival([2, 0, 1.5, 0.51, 2], 1)).toBeUndefined()
  })

  it("needs a barrier of 0.3 of the median rise where no noise is known", () => {
    expect(rival([3, 0, 0.31, 0, 1, 3], 1)).toBe(3)
    expect(rival([3, 0, 0.29, 0, 1, 3], 1)).toBeUndefined()
    expect(rival([3, 0, 0.61, 0, 2, 3], 1)).toBe(3)
    expect(rival([3, 0, 0.59, 0, 2, 3], 1)).toBeUndefined()
    // That makes it no lower: 0.55 is below 0.3 of the median rise 2, but above half of its barrier.
    expect(rival([4, 0, 1.45, 0.55, 2, 4], 1)).toBeUndefined()
  })

  it("may lie on either side, at either end, and farther away behind the highest barrier", () => {
    expect(rival([0.1, 2, 0, 2, 3], 2, 0.01)).toBe(0)
    expect(rival([3, 2, 0, 2, 0.1], 2, 0.01)).toBe(4)
    expect(rival([3, 0.1, 2, 0, 3], 3, 0.01)).toBe(1)
    expect(rival([3, 0, 0.2, 0.19, 2, 0.6, 3], 1, 0.01)).toBe(5)
  })

  it("is the bottom of its dip, and neither a shoulder nor the minimum itself", () => {
    expect(rival([2, 0, 1.5, 0.4, 0.3, 2], 1, 0.01)).toBe(4)
    expect(rival([3, 1, 0, 1, 3], 2, 0.001)).toBeUndefined()
    expect(rival([0, 1, 2], 0, 0.001)).toBeUndefined()
    expect(rival([2, 1, 0], 2, 0.001)).toBeUndefined()
  })
})
