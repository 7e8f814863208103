import { describe, expect, it } from "vitest"
import type { TableMapping } from "./mapping.ts"
import { rowsFromTable } from "./rows.ts"
import { type Cell, tableOf } from "./table.ts"

const read = (batch: ReadonlyArray<Cell>, tokens: ReadonlyArray<Cell>, mapping: TableMapping = {}, more = {}) =>
  rowsFromTable(
    tableOf({ lr: [1, 2, 4], batch_tokens: [...batch], D: [...tokens], loss: [3, 2, 2.5], ...more }),
    mapping,
  )

describe("batches and horizons in another unit", () => {
  it("are refused where horizons are shorter than a batch, and dropped where few are", () => {
    expect(() => read([65536, 65536, 65536], [20, 20, 20])).toThrow(
      '--tokens "D": the horizon is shorter than one batch in 3 of 3 rows, as 20 tokens in batches of 65536; give its unit, as --tokens "D * 1e9".',
    )
    expect(read([65536, 65536, 65536], [20, 20, 20], { tokens: "D * 1e9" }).summary.notes).toEqual([])
    expect(read([65536, 65536, 65536], [2e9, 2e9, 2]).summary.reasons).toEqual([
      { reason: "the horizon is shorter than one batch", rows: 1, examples: [3] },
    ])
  })

  it("are told where a batch is no whole number, unless it is a quotient", () => {
    expect(read(["65.536", "131.072", 64], [1e9, 1e9, 1e9]).summary.notes).toEqual([
      'the batch is no whole number of tokens in 2 rows, as 65.536; if "batch_tokens" has another unit, or its point parts thousands, give --batch "batch_tokens * 1000" or what it needs',
    ])
    const steps = { ti: [3, 3, 3] }
    expect(read([1, 1, 1], [1e9, 1e9, 1e9], { batch: "D / ti" }, steps).summary.notes).toEqual([])
  })

  it("are told where a suffix may count in powers of 1024, and settled by steps and tokens", () => {
    const { rows, summary } = read(["512k", "512k", "512k"], ["1B", "1B", "1B"])
    expect(rows[0]).toMatchObject({ batch: 512_000, tokens: 1e9 })
    expect(summary.notes).toEqual([
      '"batch_tokens" holds "512k", read as 512000; where its suffix counts in powers of 1024, give --batch "batch_tokens * 1.024"',
    ])
    expect(read(["0.5M", "1M", "2M"], ["20B", "20B", "20B"]).summary.notes[0]).toMatch("batch_tokens * 1.048576")
    const tokens = 2 ** 19 * 1000
    const steps = { steps: [1000, 1000, 1000] }
    expect(() => read(["512k", "512k", "512k"], [tokens, tokens, tokens], {}, steps)).toThrow(
      'suffixes seem to count in powers of 1024, and are read in powers of 1000: give --batch "batch_tokens * 1.024"',
    )
    const mended = read(["512k", "512k", "512k"], [tokens, tokens, tokens], { batch: "batch_tokens * 1.024" }, steps)
    expect(mended.rows[0].batch).toBe(2 ** 19)
  })
})
