import { describe, expect, it } from "vitest"
import { snapTokens } from "./snap-tokens.ts"

/** Horizons with their runs, in rows. */
const snapped = (rows: ReadonlyArray<readonly [tokens: number, run: number]>) => {
  const values = [...new Set(rows.map(([tokens]) => tokens))].sort((a, b) => a - b)
  const index = Int32Array.from(rows, ([tokens]) => values.indexOf(tokens))
  const { to, apart } = snapTokens(
    values,
    index,
    Int32Array.from(rows, ([, run]) => run),
  )
  return { tokens: rows.map((_, row) => values[to[index[row]]]), apart }
}

describe("snapTokens", () => {
  it("makes one horizon of whole steps of different batches, the one that was meant", () => {
    const batches = [2 ** 18, 2 ** 19, 2 ** 20, 2 ** 21]
    const rows = [1e10, 2e10].flatMap((horizon) =>
      batches.map((batch, run) => [Math.ceil(horizon / batch) * batch, run] as const),
    )
    expect(snapped([...rows, [1e10, 9], [2e10, 9]]).tokens).toEqual([
      1e10, 1e10, 1e10, 1e10, 2e10, 2e10, 2e10, 2e10, 1e10, 2e10,
    ])
    expect(
      snapped([
        [1.9999e10, 0],
        [2e10, 1],
      ]).tokens,
    ).toEqual([2e10, 2e10])
  })

  it("takes the most frequent where all have as many digits", () => {
    const rows = [17179869184, 17179869184, 17179344896].map((tokens, run) => [tokens, run] as const)
    expect(new Set(snapped(rows).tokens)).toEqual(new Set([17179869184]))
  })

  it("leaves readings along a run alone", () => {
    const rows = Array.from({ length: 50 }, (_, k) => [(1000 + k) * 524288, 0] as const)
    expect(snapped(rows)).toEqual({ tokens: rows.map(([tokens]) => tokens), apart: [] })
  })

  it("leaves horizons alone that are measured finely, and says so", () => {
    const rows = [1e9, 1.002e9, 1.006e9].map((tokens, run) => [tokens, run] as const)
    const { tokens, apart } = snapped(rows)
    expect(tokens).toEqual([1e9, 1.002e9, 1.006e9])
    expect(apart).toEqual([{ values: [1e9, 1.002e9], reason: "other horizons are about as close" }])
  })

  it("stops at half a percent", () => {
    expect(
      snapped([
        [1e9, 0],
        [1.0051e9, 1],
      ]).tokens,
    ).toEqual([1e9, 1.0051e9])
  })
})
