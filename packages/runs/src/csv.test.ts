import { describe, expect, it } from "vitest"
import { parseCsv } from "./csv.ts"
import { parseRuns } from "./parse-runs.ts"
import { textOf } from "./text.ts"

const column = (text: string, name: string): ReadonlyArray<unknown> => {
  const { columns, rows } = parseCsv(text, "t.csv")
  return Array.from({ length: rows }, (_, row) => columns.get(name)?.at(row))
}

describe("parseCsv", () => {
  it("keeps names with spaces, quotes and units, and tells equal names apart", () => {
    const { columns } = parseCsv('lr,"smooth ""loss""",N (millions),lr,\n1,2,3,4,5\n', "t.csv")
    expect([...columns.keys()]).toEqual(["lr", 'smooth "loss"', "N (millions)", "lr (2)"])
    expect(columns.get("lr (2)")?.at(0)).toBe("4")
  })

  it("reads decimal commas where semicolons part the cells, and nowhere else", () => {
    expect(column("lr;loss\n0,001;2,5e0\n1.5;a,b\n", "lr")).toEqual(["0.001", "1.5"])
    expect(column("lr;loss\n0,001;2,5e0\n1.5;a,b\n", "loss")).toEqual(["2.5e0", "a,b"])
    expect(column('lr,loss\n"0,001",2\n', "lr")).toEqual(["0,001"])
  })

  it("leaves cells blank that a short line lacks, and marks lines with more cells than names", () => {
    expect(column("a,b\n1\n2,3,,\n4,5,6\n", "b")).toEqual([undefined, "3", "5"])
    const { unreadable } = parseCsv("a,b\n1\n2,3,,\n4,5,6\n", "t.csv")
    expect([...(unreadable ?? [])]).toEqual([[2, "3 cells under 2 names: quote the cell that holds the delimiter"]])
  })

  it("counts lines as an editor does", () => {
    const { unit, places } = parseCsv('a,b\n\n"x\ny",1\nz,2\n', "t.csv")
    expect([unit, ...Array.from(places ?? [])]).toEqual(["line", 3, 5])
  })

  it("says what is missing", () => {
    expect(() => parseCsv("", "t.csv")).toThrow("t.csv holds no rows; give a header line")
    expect(() => parseCsv("a,b\n", "t.csv")).toThrow("t.csv holds no rows below its header line")
    expect(() => parseCsv("1,2\n3,4\n", "t.csv")).toThrow("t.csv begins with numbers; give it a header line")
  })
})

describe("textOf", () => {
  it("takes off byte order marks, of UTF-16 too, as spreadsheets write them", () => {
    const text = "lr\tloss\n0.1\t2\n"
    const utf16 = new Uint8Array(new Uint16Array([...`\uFEFF${text}`].map((c) => c.charCodeAt(0))).buffer)
    expect(textOf(new TextEncoder().encode(`\uFEFF${text}`), "t")).toBe(text)
    expect(textOf(utf16, "t")).toBe(text)
    expect(() => textOf(Uint8Array.of(65, 0, 66), "t")).toThrow("t is not text")
  })
})

describe("parseRuns", () => {
  const format = async (text: string) => (await parseRuns({ name: "x", bytes: new TextEncoder().encode(text) })).format

  it("tells formats apart by their content", async () => {
    expect(await format("a,b\n1,2\n")).toBe("csv")
    expect(await format('\n {"a": 1}\n{"a": 2}\n')).toBe("jsonl")
    expect(await format('[{"a": 1}]')).toBe("json")
    expect(await format('{"op_code": 0, "study_name": "s", "directions": [1]}\n{"op_code": 4, "study_id": 0}\n')).toBe(
      "optuna",
    )
    expect(await format('{"name": "no \\"op_code\\" here"}\n')).toBe("jsonl")
  })

  it("takes a delimiter that is given", async () => {
    const bytes = new TextEncoder().encode("a,b;c\n1,2;3\n")
    expect([...(await parseRuns({ name: "x", bytes }, { delimiter: ";" })).columns.keys()]).toEqual(["a,b", "c"])
  })
})
