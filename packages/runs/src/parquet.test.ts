import { readFileSync } from "node:fs"
import { parquetWriteBuffer } from "hyparquet-writer"
import { describe, expect, it } from "vitest"
import { parseRuns } from "./parse-runs.ts"

describe("a history written by DuckDB", async () => {
  const bytes = readFileSync(new URL("../fixtures/history.parquet", import.meta.url))
  const { columns, rows, format } = await parseRuns({ name: "history.parquet", bytes })

  it("has structures as columns with dots and lists left blank", () => {
    expect([format, rows]).toEqual(["parquet", 24])
    expect([...columns.keys()].sort()).toEqual(
      [
        "run",
        "_step",
        "_timestamp",
        "config.lr",
        "config.batch_tokens",
        "tokens",
        "val/loss",
        "train/loss",
        "histogram",
        "resumed",
      ].sort(),
    )
    expect(columns.get("histogram")?.at(0)).toBeUndefined()
  })

  // The formulas are those of make_parquet.mjs.
  it("has the numbers that were written: decimals, integers of 64 bits, doubles, floats, nulls", () => {
    for (let row = 0; row < rows; row++) {
      const [k, step] = [Math.floor(row / 8), 250 * ((row % 8) + 1)]
      expect(columns.get("run")?.at(row)).toBe(`run-${k}`)
      expect(columns.get("_step")?.at(row)).toBe(step)
      expect(columns.get("tokens")?.at(row)).toBe(step * 524288)
      expect(columns.get("config.batch_tokens")?.at(row)).toBe(524288)
      expect(columns.get("config.lr")?.at(row)).toBeCloseTo(0.001 * (k + 1), 12)
      expect(columns.get("train/loss")?.at(row)).toBe(Math.fround(7 / (1 + step)))
      const loss = columns.get("val/loss")?.at(row)
      if (step % 500 === 0) expect(loss).toBeCloseTo(2 + 10 / (1 + step) + 0.01 * k, 14)
      else expect(loss).toBeUndefined()
    }
    expect(columns.get("_timestamp")?.at(0)).toBe("2026-01-01T00:04:10.000Z")
  })
})

it("keeps integers beyond 2^53 as text, so that names of runs stay apart", async () => {
  const buffer = parquetWriteBuffer({
    columnData: [{ name: "id", data: [9007199254740993n, 9007199254740995n, 7n], type: "INT64" }],
  })
  const { columns } = await parseRuns({ name: "x", bytes: new Uint8Array(buffer) })
  expect([0, 1, 2].map((row) => columns.get("id")?.at(row))).toEqual(["9007199254740993", "9007199254740995", 7])
})

it("reads several row groups in order", async () => {
  const data = Array.from({ length: 1000 }, (_, i) => i / 8)
  const buffer = parquetWriteBuffer({ columnData: [{ name: "x", data, type: "DOUBLE" }], rowGroupSize: 96 })
  const { columns, rows } = await parseRuns({ name: "x", bytes: new Uint8Array(buffer) })
  expect(Array.from({ length: rows }, (_, row) => columns.get("x")?.at(row))).toEqual(data)
})

it("says that a broken file is one", async () => {
  const bytes = readFileSync(new URL("../fixtures/history.parquet", import.meta.url)).subarray(0, 900)
  await expect(parseRuns({ name: "cut.parquet", bytes })).rejects.toThrow("cut.parquet cannot be read as Parquet")
})
