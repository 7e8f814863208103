import { describe, expect, it } from "vitest"
import { type Layout, lacking, type Rate, vertexOf, walk } from "./profile.ts"

const layout: Layout = { spread: 1.75, step: 0.5, firstSeed: 1 }
const rate = (x: number, loss: number): Rate => ({ x, eta: 2 ** x, loss, seeds: 1 })
const bowl = (xs: ReadonlyArray<number>, at: number) => xs.map((x) => rate(x, 2 + 0.02 * (x - at) ** 2))

describe("a profile that runs off its rates", () => {
  it("is followed by the spread, down and up", () => {
    expect(walk(bowl([-8, -7, -6], -9), layout)).toBe(-9.75)
    expect(walk(bowl([-8, -7, -6], -4), layout)).toBe(-4.25)
  })
  it("is left alone once its lowest rate lies inside", () => {
    expect(walk(bowl([-8, -7, -6], -7.2), layout)).toBeUndefined()
  })
  it("is bounded by a diverged rate, which is closed in on to an octave", () => {
    expect(walk([rate(-8, 2.2), rate(-6, 2.1), rate(-2, Infinity)], layout)).toBe(-4)
    expect(walk([rate(-8, 2.2), rate(-6, 2.1), rate(-5, Infinity)], layout)).toBeUndefined()
  })
  it("goes down where everything diverged, and gives up after sixteen octaves", () => {
    expect(walk([rate(-2, Infinity), rate(0, Infinity)], layout)).toBe(-5.5)
    expect(walk([rate(-20, 2), rate(-3, 2.5)], layout)).toBeUndefined()
  })
})

describe("what a profile lacks", () => {
  it("is every place of an empty one", () => {
    expect([...lacking([], -7, 3, layout)].sort()).toEqual([-5.25, -7, -8.75].sort())
    expect(lacking([], -7, 5, layout)).toHaveLength(5)
  })
  it("is nothing where rates lie on both sides, as many as asked for", () => {
    expect(lacking(bowl([-8.6, -7.3, -5.4], -7), -7, 3, layout)).toEqual([])
  })
  it("is the side that has none", () => {
    expect(lacking(bowl([-8.5, -7], -7), -7, 3, layout)).toEqual([-5.25])
  })
  it("are rates inside where the upper one diverged", () => {
    const found = lacking([rate(-8.7, 2.06), rate(-7, 2), rate(-5.3, Infinity)], -7, 3, layout)
    expect(found).toEqual([-7 + 1.75 / 2, -7 - 1.75 / 2])
  })
  it("spreads rates 1.5 octaves and more: nearer ones leave the curvature open", () => {
    const near = bowl([-7.5, -7.25, -7, -6.75, -6.5], -7)
    const found = lacking(near, -7, 5, layout)
    expect(Math.min(...found)).toBeLessThan(-8.5)
    expect(Math.max(...found)).toBeGreaterThan(-5.5)
  })
})

it("has its vertex on the parabola through the lowest three", () => {
  expect(vertexOf(bowl([-9, -8, -6.5, -6], -7.3))).toBeCloseTo(-7.3, 12)
  expect(vertexOf(bowl([-9, -8], -7.3))).toBe(-8)
  expect(vertexOf([rate(-3, Infinity)])).toBeUndefined()
})
