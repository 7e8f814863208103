import { describe, expect, it } from "vitest"
import { distinctRows } from "./distinct.ts"
import { completeRow, type RowLike } from "./row.ts"

const row = (more: Partial<RowLike> = {}) =>
  completeRow({ runId: "a", tokens: 1000, batch: 64, eta: 0.01, loss: 3, ...more }, 0)

describe("distinctRows", () => {
  it("gives back the very rows where none is a copy", () => {
    const rows = [row(), row({ tokens: 2000 })]
    const found = distinctRows(rows)
    expect(found.rows).toBe(rows)
    expect(found).toMatchObject({ origins: [0, 1], copies: [] })
    expect(distinctRows([])).toEqual({ rows: [], origins: [], copies: [] })
  })

  it("keeps the first reading of a run at a horizon, whatever the copy's loss, device or file", () => {
    const rows = [
      row(),
      row({ tokens: 2000 }),
      row({ loss: 2.9, status: "diverged", steps: 3, provenance: { source: "elsewhere" } }),
      row({ tokens: 2000, loss: 1 }),
      row({ tokens: 4000 }),
    ]
    const found = distinctRows(rows)
    expect(found.rows).toEqual([rows[0], rows[1], rows[4]])
    expect(found.rows[0]).toBe(rows[0])
    expect(found.origins).toEqual([0, 1, 4])
    expect(found.copies).toEqual([2, 3])
  })

  it.each<[string, Partial<RowLike>]>([
    ["run", { runId: "b" }],
    ["horizon", { tokens: 2000 }],
    ["average", { average: "ewa:0.99" }],
    ["batch", { batch: 128 }],
    ["rate", { eta: 0.02 }],
    ["seed", { seed: 2 }],
    ["width", { width: 64 }],
    ["size", { size: 1e6 }],
  ])("keeps readings that differ in their %s apart", (_, more) => {
    expect(distinctRows([row(), row(more)]).copies).toEqual([])
    expect(distinctRows([row(more), row(more)]).copies).toEqual([1])
  })

  it("takes a size that nobody said for none in particular", () => {
    expect(distinctRows([row(), row({ size: 0 })]).copies).toEqual([1])
  })
})
