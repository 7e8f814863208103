import { describe, expect, it } from "vitest"
import { rowsFromTable } from "./rows.ts"
import { type Column, tableOf } from "./table.ts"

const columns: Readonly<Record<string, Column>> = {
  lr: [1, 2, 4, 1, 2, 4],
  batch_tokens: [8, 8, 8, 8, 8, 8],
  tokens: [64, 64, 64, 64, 64, 64],
  loss: [2.2, 2.1, 2.3, 3.2, "high", 3.3],
  topk: [1, 1, 1, 2, 2, 2],
  arch: ["a", "a", "b", "a", "a", ""],
}

describe("rows that are asked for", () => {
  it("are taken by all conditions together; the others are counted apart from what was dropped", () => {
    const { rows, origins, summary } = rowsFromTable(tableOf(columns), {}, { where: ["topk = 2"] })
    expect(rows.map(({ eta, loss }) => [eta, loss])).toEqual([
      [1, 3.2],
      [4, 3.3],
    ])
    expect(origins).toEqual([3, 5])
    expect(summary).toMatchObject({ rows: 6, leftOut: 3, used: 2, dropped: 1, where: ["topk = 2"] })
    expect(summary.reasons).toEqual([{ reason: '"loss" is not a number: "high"', rows: 1, examples: [5] }])
    expect(rowsFromTable(tableOf(columns), {}, { where: ["topk = 1", "arch = a", "lr < 2"] }).origins).toEqual([0])
  })

  it("say what a column holds where none is left", () => {
    const where = (...conditions: ReadonlyArray<string>) =>
      expect(() => rowsFromTable(tableOf(columns), {}, { where: conditions }))
    where("topk = 3").toThrow('--where "topk = 3": no row meets this; "topk" holds 1, 2.')
    where("topk = 2", "arch = b").toThrow('--where "topk = 2 and arch = b": no row meets all of these.')
    where("top = 2").toThrow(/there is no column "top"; .* nearest: "topk"/)
  })

  it("belong to a run whose setting is written once", () => {
    const history = tableOf({
      run: ["a", "a", "b", "b"],
      eta: [1, "", 1, ""],
      batch: [8, "", 8, ""],
      tokens: [64, 128, 64, 128],
      loss: [3, 2, 3.1, 2.1],
      "config.topk": [1, "", 2, ""],
    })
    const { rows } = rowsFromTable(history, {}, { where: ["config.topk = 2"] })
    expect(rows.map(({ runId, tokens }) => [runId, tokens])).toEqual([
      ["b", 64],
      ["b", 128],
    ])
  })

  it("may be asked for by numbers in the names of runs", () => {
    const named = tableOf({
      ...columns,
      run: ["k1 x", "k1 y", "k1 z", "k2 x", "k2 y", "k2 z"],
      loss: [1, 2, 3, 4, 5, 6],
    })
    const { rows } = rowsFromTable(named, { names: "k{k} *" }, { where: ["k = 2"] })
    expect(rows.map(({ loss }) => loss)).toEqual([4, 5, 6])
  })

  it("keep rows that cannot be read, so that somebody hears of them", () => {
    const table = { ...tableOf(columns), unreadable: new Map([[0, "torn"]]) }
    const { summary } = rowsFromTable(table, {}, { where: ["topk = 2", "lr = 4"] })
    expect(summary.reasons).toEqual([{ reason: "torn", rows: 1, examples: [1] }])
    expect(summary).toMatchObject({ rows: 6, leftOut: 4, used: 1 })
  })
})
