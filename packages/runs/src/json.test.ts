import { describe, expect, it } from "vitest"
import { parseJson, parseJsonArray, parseJsonLines } from "./json.ts"
import { numberIn } from "./number.ts"
import type { Table } from "./table.ts"

const cells = (table: Table, name: string) =>
  Array.from({ length: table.rows }, (_, row) => table.columns.get(name)?.at(row))

describe("JSON rows", () => {
  it("flattens with dots, unwraps W&B's { value, desc }, and leaves lists out", () => {
    const table = parseJsonLines(
      '{"config": {"lr": {"value": 0.1, "desc": null}, "model": {"d": 8}}, "x": [1, 2]}\n\n{"loss": 2, "config": {"value": 3}}\n',
      "t.jsonl",
    )
    expect([...table.columns.keys()]).toEqual(["config.lr", "config.model.d", "x", "loss", "config"])
    expect(cells(table, "config.lr")).toEqual([0.1, undefined])
    expect(cells(table, "x")).toEqual([undefined, undefined])
    expect(cells(table, "loss")).toEqual([undefined, 2])
    expect(Array.from(table.places ?? [])).toEqual([1, 3])
  })

  it("reads the bare NaN and Infinity that Python writes, and not those inside text", () => {
    const { columns } = parseJsonArray('[{"a": NaN, "b": -Infinity, "c": "is NaN \\" NaN"}]', "t.json")
    expect(numberIn(columns.get("a")?.at(0))).toBeNaN()
    expect(numberIn(columns.get("b")?.at(0))).toBeNaN()
    expect(columns.get("c")?.at(0)).toBe('is NaN " NaN')
    expect(parseJson('{"NaN": "NaN"}')).toEqual({ NaN: "NaN" })
  })

  it("names the line that is wrong", () => {
    expect(() => parseJsonLines('{"a": 1}\nnot json\n', "t.jsonl")).toThrow(
      "t.jsonl, line 2, is not JSON; mend or delete the line",
    )
    expect(() => parseJsonLines('{"a": 1}\n[1]\n', "t.jsonl")).toThrow("t.jsonl, line 2, is no JSON object")
    expect(() => parseJsonArray("[1, 2]", "t.json")).toThrow("t.json is no list of rows")
    expect(() => parseJsonArray("[{]", "t.json")).toThrow("t.json is not JSON")
    expect(() => parseJsonArray("[]", "t.json")).toThrow("t.json holds no rows")
  })
})
