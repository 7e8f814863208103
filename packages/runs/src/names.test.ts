import { describe, expect, it } from "vitest"
import { columnsFromNames } from "./names.ts"
import { tableOf } from "./table.ts"

const read = (pattern: string, names: ReadonlyArray<string>) => {
  const table = columnsFromNames(tableOf({ run: names }), "run", pattern)
  return Object.fromEntries(
    [...table.columns]
      .filter(([name]) => name !== "run")
      .map(([name, column]) => [name, names.map((_, row) => column.at(row))]),
  )
}

describe("columnsFromNames", () => {
  it("reads numbers as people write them, anywhere in the name", () => {
    expect(read("lr{eta}-bs{batch}", ["lr1e-3-bs64", "v2_lr.5-bs128-final", "lr0.001-bs2.5e2"])).toEqual({
      eta: [0.001, 0.5, 0.001],
      batch: [64, 128, 250],
    })
    expect(read("lr{eta}*seed{seed}", ["lr2e-4 (warm) seed7"])).toEqual({ eta: [2e-4], seed: [7] })
    expect(read("[{size}M] lr={eta}", ["[130M] lr=0.008"])).toEqual({ size: [130], eta: [0.008] })
  })

  it("leaves names blank that have another form, and says which", () => {
    const table = columnsFromNames(tableOf({ run: ["lr1", "base", "lr2"] }), "run", "lr{eta}")
    expect([0, 1, 2].map((row) => table.columns.get("eta")?.at(row))).toEqual([1, undefined, 2])
    expect(table.notes).toEqual(['1 of 3 names in "run" do not have the form "lr{eta}", as "base"'])
  })

  it("refuses a pattern that fits no name, or holds no number", () => {
    expect(() => read("lr{eta}", ["base", "tuned"])).toThrow(
      '--names "lr{eta}": no name in "run" has this form; they are "base", "tuned"',
    )
    expect(() => read("lr{run}", ["lr1"])).toThrow('there is a column "run" already')
    expect(() => read("lr", ["lr1"])).toThrow("in braces once")
    expect(() => read("lr{eta}{eta}", ["lr1"])).toThrow("in braces once")
  })
})
