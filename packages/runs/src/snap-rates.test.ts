import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { snapRates } from "./snap-rates.ts"

/** What each rate becomes; all lie in one profile unless said otherwise. */
const snapped = (rates: ReadonlyArray<number>, profiles?: ReadonlyArray<ReadonlyArray<number>>) => {
  const values = [...new Set(rates)].sort((a, b) => a - b)
  const places = (profiles ?? [rates]).map((list) => list.map((rate) => values.indexOf(rate)).sort((a, b) => a - b))
  const { to, apart } = snapRates(values, places)
  return { map: new Map(values.map((value, k) => [value, values[to[k]]])), apart }
}

const rounded = (value: number, digits: number): number => Number(value.toPrecision(digits))

describe("snapRates", () => {
  it("makes one rate of its roundings", () => {
    const { map } = snapped([0.0009765625, 9.766e-4, 0.000977, 6.905e-4, 6.91e-4, 0.002])
    expect([...map]).toEqual([
      [6.905e-4, 6.905e-4],
      [6.91e-4, 6.905e-4],
      [9.765625e-4, 9.765625e-4],
      [9.766e-4, 9.765625e-4],
      [9.77e-4, 9.765625e-4],
      [0.002, 0.002],
    ])
  })

  it.each([Math.SQRT2, 1.05, 2, 1.02])(
    "never joins two rates of a grid with factor %f, however each is rounded",
    (factor) => {
      const digits = fc.array(fc.constantFrom(3, 4, 5, 17), { minLength: 24, maxLength: 24 })
      const start = fc.double({ min: 1e-5, max: 1e-2, noNaN: true })
      fc.assert(
        fc.property(start, digits, digits, (first, one, two) => {
          const grid = one.map((_, k) => first * factor ** k)
          const spellings = grid.map((rate, k) => [rounded(rate, one[k]), rounded(rate, two[k])])
          const { map } = snapped(spellings.flat())
          const classes = spellings.map((pair) => new Set(pair.map((rate) => map.get(rate))))
          for (const [k, own] of classes.entries())
            for (const other of classes.slice(k + 1)) expect([...own].filter((rate) => other.has(rate))).toEqual([])
          // Nothing on these grids is so close that a rounding could be taken for a neighbour.
          if (factor >= 1.05) for (const own of classes) expect(own.size).toBe(1)
        }),
        { numRuns: 200 },
      )
    },
  )

  it("never joins two rates of equally many digits", () => {
    const rate = fc.integer({ min: 1000, max: 9999 }).map((n) => n / 1e6)
    fc.assert(
      fc.property(fc.uniqueArray(rate, { minLength: 2, maxLength: 60 }), (rates) => {
        const digits = (value: number) => value.toExponential().split("e")[0].replace(".", "").length
        const { map } = snapped(rates)
        const classes = Map.groupBy(map.keys(), (value) => map.get(value))
        for (const members of classes.values()) expect(new Set(members.map(digits)).size).toBe(members.length)
      }),
    )
  })

  it("leaves neighbours of a fine grid alone, where the last zero of 0.001000 is not written", () => {
    const { map, apart } = snapped([0.001, 0.001004, 0.001008])
    expect([...map.keys()]).toEqual([...map.values()])
    expect(apart).toHaveLength(1)
    // The same two in profiles without a third rate so close are one.
    expect(snapped([0.001, 0.001004, 0.002]).map.get(0.001)).toBe(0.001004)
  })

  it("leaves a rate alone that could be either of two", () => {
    const { map, apart } = snapped([6.906e-4, 6.914e-4, 6.91e-4])
    expect(map.get(6.91e-4)).toBe(6.91e-4)
    expect(apart).toEqual([
      { values: [6.91e-4, 6.914e-4, 6.906e-4], reason: "more than one of them could be the same rate" },
    ])
  })

  it("stops at half a percent", () => {
    expect(snapped([0.001, 0.0010049]).map.get(0.001)).toBe(0.0010049)
    expect(snapped([0.001, 0.0010051]).map.get(0.001)).toBe(0.001)
    expect(snapped([0.009, 0.0091]).map.get(0.009)).toBe(0.009)
  })

  it("takes the rounding of single precision for what was meant", () => {
    const { map } = snapped([Math.fround(0.001), 0.001, Math.fround(0.0003), 0.0003])
    expect(map.get(Math.fround(0.001))).toBe(0.001)
    expect(map.get(Math.fround(0.0003))).toBe(0.0003)
    expect(snapped([0.1 + 0.2, 0.3]).map.get(0.1 + 0.2)).toBe(0.3)
    // As close, but neither is the other in single precision.
    expect(snapped([0.00012347371838115, 0.00012347371265287522]).map.get(0.00012347371265287522)).toBe(
      0.00012347371265287522,
    )
  })
})
