import { parse } from "csv-parse/sync"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { cellText, scanRecords, sniffDelimiter } from "./csv-scan.ts"
import { RunsFormatError } from "./errors.ts"

const cells = (text: string, delimiter = ","): ReadonlyArray<ReadonlyArray<string>> => {
  const records = scanRecords(text, delimiter, "t.csv")
  return Array.from({ length: records.count }, (_, r) =>
    Array.from(
      { length: records.first[r + 1] - records.first[r] - 1 },
      (_, k) => cellText(text, records, r, k) ?? "absent",
    ),
  )
}

describe("scanRecords", () => {
  it("cuts as csv-parse does, whatever stands in the cells", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "1", ".", '"', ",", ";", " ", "\n", "é", "\t"), maxLength: 6 })
    const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(table, fc.constantFrom(",", ";", "\t"), fc.constantFrom("\n", "\r\n"), (rows, delimiter, end) => {
        const quoted = (text: string) => (/[",;\s]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
        const text = rows.map((row) => row.map(quoted).join(delimiter)).join(end) + end
        const options = { delimiter, relax_column_count: true, skip_empty_lines: true, trim: false, quote: '"' }
        const expected = (parse(text, options) as Array<Array<string>>).map((row) => row.map((c) => c.trim()))
        expect(cells(text, delimiter)).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it("reads blanks about quotes, bare quotes inside a cell, and a last line without an end", () => {
    expect(cells('a , "b ""c""" ,d\n5" tall,,x')).toEqual([
      ["a", 'b "c"', "d"],
      ['5" tall', "", "x"],
    ])
    expect(cells("a,b\r1,2\r\r3,4")).toEqual([
      ["a", "b"],
      ["1", "2"],
      ["3", "4"],
    ])
  })

  it("knows the line that each record begins in", () => {
    const { lines, count } = scanRecords('a,b\n\n"x\ny",2\r\n3,4\n', ",", "t.csv")
    expect([...lines.subarray(0, count)]).toEqual([1, 3, 5])
  })

  it("names the line of a quote that is never closed, or that text follows", () => {
    expect(() => cells('a,b\n1,"2\n3,4')).toThrow(
      new RunsFormatError("t.csv", "is not a CSV file: the quote of line 2 is never closed"),
    )
    expect(() => cells('a,b\n"1" 2,3\n')).toThrow("text follows a closing quote in line 2")
  })
})

describe("sniffDelimiter", () => {
  it("finds what parts the header and the lines alike", () => {
    expect(sniffDelimiter("a,b\n1,2\n", "t")).toBe(",")
    expect(sniffDelimiter("a;b\n0,1;0,2\n", "t")).toBe(";")
    expect(sniffDelimiter("lr\tloss, nats\n1\t2\n", "t")).toBe("\t")
    expect(sniffDelimiter('name,"x;y;z",loss\nq,1,2\n', "t")).toBe(",")
    expect(sniffDelimiter("a,b;c\n1,2;3\n4,5;6\n", "t")).toBe(",")
    expect(sniffDelimiter("loss\n1\n", "t")).toBe(",")
  })
})
