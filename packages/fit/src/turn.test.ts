import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { turnAt } from "./turn.ts"

const x = [0, 1, 2, 3, 4]
const ones = [1, 1, 1, 1, 1]

describe("turnAt", () => {
  it("sees a rise and a fall that exceed their errors, by hand", () => {
    // Two points each side share the middle one: slope 2.4 with variance 2, z = 1.697 against 1.645.
    expect(turnAt([0, 1, 2], [0, 2.4, 0], [1, 1, 1], 1, 0.05)).toEqual({ rise: true, fall: true })
    expect(turnAt([0, 1, 2], [0, 2.3, 0], [1, 1, 1], 1, 0.05)).toEqual({ rise: false, fall: false })
    // Student's t with 7 degrees asks for 1.895.
    expect(turnAt([0, 1, 2], [0, 2.4, 0], [1, 1, 1], 1, 0.05, 7)).toEqual({ rise: false, fall: false })
  })

  it("sees no fall where a rise only slows down, and none beyond the last point", () => {
    const bent = [0, 10, 15, 16, 16.5]
    expect(turnAt(x, bent, ones, 2.5, 0.05)).toEqual({ rise: true, fall: false })
    expect(turnAt(x, [0, 5, 10, 15, 20], ones, 9, 0.05)).toEqual({ rise: true, fall: false })
    expect(turnAt(x, [20, 15, 10, 5, 0], ones, -9, 0.05)).toEqual({ rise: false, fall: true })
    expect(turnAt([], [], [], 0, 0.05)).toEqual({ rise: false, fall: false })
  })

  it("is wrong about a flat curve as rarely as asked", () => {
    const draws = sequence(random(3, "turn"))
    let falls = 0
    const studies = 4000
    for (let k = 0; k < studies; k++) {
      const y = x.map(() => draws.normal())
      if (turnAt(x, y, ones, 2, 0.05).fall) falls++
    }
    expect(Math.abs(falls / studies - 0.05)).toBeLessThan(0.012)
  })
})
