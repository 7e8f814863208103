import { describe, expect, it } from "vitest"
import { inverse, times, transpose } from "../test/dense.ts"
import { dense, unbalancedRows } from "../test/unbalanced.ts"
import { sandwich } from "./blocks.ts"
import type { Row } from "./row.ts"

const skew = 0.3

describe("blocks", () => {
  it("are the cells connected by trunks, directly or through others", () => {
    const study = dense(unbalancedRows(2), skew)
    // Trunks run through the horizons of one batch.
    expect(study.blocks.map(({ cells }) => cells.length)).toEqual([4, 4])
    for (const { cells } of study.blocks)
      expect(new Set(cells.map(({ window }) => study.groups[window.profile].batch)).size).toBe(1)
  })

  it("hold what each pair of cells shares", () => {
    const study = dense(unbalancedRows(2), skew)
    const hat = times(study.design, inverse(times(transpose(study.design), study.design)), transpose(study.design))
    for (const { cells, pairs } of study.blocks) {
      expect(pairs).toHaveLength(6)
      for (const { i, j, cross, shared, leverage } of pairs) {
        expect(j).toBeLessThan(i)
        const [one, two] = [cells[i].window, cells[j].window]
        const common = one.rows.flatMap((r) =>
          two.rows.flatMap((q) => (study.rows[r].runId === study.rows[q].runId ? [[r, q]] : [])),
        )
        expect(shared).toBe(common.length)
        const at = (row: number) => study.readings.indexOf(row)
        const x = (row: number) => {
          const cell = study.windows.findIndex((window) => window.rows.includes(row))
          return study.design[at(row)].slice(3 * cell, 3 * cell + 3)
        }
        expect(leverage).toBeCloseTo(
          common.reduce((sum, [r, q]) => sum + hat[at(r)][at(r)] + hat[at(q)][at(q)], 0),
          10,
        )
        for (let k = 0; k < 3; k++)
          for (let l = 0; l < 3; l++)
            expect(cross[3 * k + l]).toBeCloseTo(
              common.reduce((sum, [r, q]) => sum + x(r)[k] * x(q)[l], 0),
              12,
            )
      }
    }
  })

  it("join through a third cell, and stand alone without a shared trunk", () => {
    const rows = (names: ReadonlyArray<string>, tokens: number): ReadonlyArray<Row> =>
      names.map((runId, k) => ({
        runId,
        seed: 1,
        tokens,
        batch: 64,
        eta: 2 ** (k - 8),
        width: 0,
        average: "none",
        loss: 2 + 0.02 * (k - 1) ** 2,
        status: "finished",
        provenance: {},
      }))
    const study = dense(
      [
        ...rows(["a", "b", "c"], 1000),
        ...rows(["c", "d", "e"], 2000),
        ...rows(["e", "f", "g"], 4000),
        ...rows(["h", "i", "j"], 8000),
      ],
      0,
    )
    expect(study.blocks.map(({ cells, pairs }) => [cells.length, pairs.length])).toEqual([
      [3, 2],
      [1, 0],
    ])
  })
})

it("multiplies three matrices", () => {
  const [a, b, c] = [
    [1, 2, 0, -1, 3, 1, 2, 0, 5],
    [2, 1, 1, 0, 3, -1, 4, 1, 2],
    [1, 0, 2, 5, 1, 1, -2, 3, 1],
  ]
  const square = (values: ReadonlyArray<number>) => [values.slice(0, 3), values.slice(3, 6), values.slice(6)]
  const found = sandwich(Float64Array.from(a), Float64Array.from(b), Float64Array.from(c))
  expect([...found]).toEqual(times(square(a), square(b), square(c)).flat())
})
