import { describe, expect, it } from "vitest"
import { parseCsv } from "./csv.ts"
import { rowsFromTable } from "./rows.ts"

const row = (eta: number) => `${eta},64,1e6,${2 + eta}`
const table = (...lines: ReadonlyArray<string>) => parseCsv(`${lines.join("\n")}\n`, "t.csv")
const header = "lr,batch_tokens,tokens,loss"

describe("lines about the table", () => {
  it("name the delimiter, as Excel writes it, and are counted", () => {
    for (const end of ["\n", "\r\n"]) {
      const { columns, places } = parseCsv(["sep=;", "a,b;c", "0,5;x", ""].join(end), "t.csv")
      expect([...columns.keys()]).toEqual(["a,b", "c"])
      expect(columns.get("a,b")?.at(0)).toBe("0.5")
      expect(Array.from(places ?? [])).toEqual([3])
    }
    expect([...parseCsv('"sep=\t"\na\tb\n1\t2\n', "t.csv").columns.keys()]).toEqual(["a", "b"])
    expect([...parseCsv("sep=,b\n1,2\n", "t.csv").columns.keys()]).toEqual(["sep=", "b"])
  })

  it("are refused above the names of columns: a title, a comment, a line of groups", () => {
    for (const above of ["Sweep of May", "# 1 May, cluster a", "optimizer,,results,"])
      expect(() => table(above, header, row(0.1), row(0.2))).toThrow(
        't.csv, line 1, stands above the line that names the columns ("lr", …): delete it',
      )
  })

  it("are dropped where they give units below the names, or totals at the bottom", () => {
    const { rows, summary } = rowsFromTable(table(header, "1/step,tokens,tokens,nats", row(0.1), row(0.2)))
    expect(rows).toHaveLength(2)
    expect(summary.reasons).toEqual([{ reason: '"lr" is not a number: "1/step"', rows: 1, examples: [2] }])
    const summed = rowsFromTable(
      table(`,${header}`, `1,${row(0.1)}`, `2,${row(0.2)}`, "Total,0.3,128,2e6,4.3", "Mean:,0.15,64,1e6,2.15"),
    )
    expect(summed.rows.map(({ eta }) => eta)).toEqual([0.1, 0.2])
    expect(summed.summary.reasons).toEqual([
      { reason: "a line of totals, as its first cell says", rows: 2, examples: [4, 5] },
    ])
  })

  it("are rows like others where a column uses such words throughout", () => {
    const lines = [`reduction,${header}`, `none,${row(0.1)}`, `mean,${row(0.2)}`, `mean,${row(0.3)}`]
    expect(rowsFromTable(table(...lines)).rows).toHaveLength(3)
  })

  it("leave tables alone whose first rows hold only text, or whose index has no name", () => {
    expect(table(header, "a,b,c,d", row(1)).rows).toBe(2)
    expect([...table(`,${header}`, `0,${row(1)}`, `1,${row(2)}`).columns.keys()]).toEqual(header.split(","))
  })
})
