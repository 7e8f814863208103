import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { parseRuns } from "./parse-runs.ts"
import { rowsFromTable } from "./rows.ts"
import { tableOf } from "./table.ts"
import { chartTable } from "./wandb-chart.ts"

describe("the chart that W&B exports", async () => {
  const text = readFileSync(new URL("../fixtures/wandb-chart.csv", import.meta.url), "utf8")
  const table = await parseRuns({ name: "wandb-chart.csv", bytes: new TextEncoder().encode(text) })

  it("becomes one row for each run and step", () => {
    expect([...table.columns.keys()]).toEqual(["Step", "run", "val/loss"])
    expect(table.rows).toBe(21)
    const lines = text.split("\n").map((line) => line.split(",").map((cell) => cell.replaceAll('"', "")))
    for (let row = 0; row < table.rows; row++) {
      const [run, line] = [Math.floor(row / 3), (row % 3) + 1]
      expect(table.columns.get("run")?.at(row)).toBe(lines[0][1 + 3 * run].replace(" - val/loss", ""))
      expect(table.columns.get("Step")?.at(row)).toBe(lines[line][0])
      expect(table.columns.get("val/loss")?.at(row)).toBe(lines[line][1 + 3 * run])
      expect(table.places?.[row]).toBe(line + 1)
    }
  })

  it("gives its readings with what the names of its runs say", () => {
    const { rows, summary } = rowsFromTable(table, { names: "lr{eta}-bs{batch}", seqLen: "2048" })
    expect(rows).toHaveLength(17)
    expect(rows[0]).toMatchObject({
      runId: "gpt - lr0.001-bs128",
      eta: 0.001,
      batch: 128 * 2048,
      tokens: 1000 * 128 * 2048,
    })
    expect(summary).toMatchObject({ runs: 6, blank: 1, dropped: 3, reasons: [{ reason: '"eta" is blank', rows: 3 }] })
    expect(summary.notes).toContain('1 of 7 names in "run" do not have the form "lr{eta}-bs{batch}", as "baseline"')
  })
})

it("several metrics of a chart become several columns", () => {
  const names = ["a - x", "a - y", "b - x"].flatMap((name) => [name, `${name}__MIN`, `${name}__MAX`])
  const columns = Object.fromEntries(names.map((name, k) => [name, [10 * k, 10 * k + 1]]))
  const chart = chartTable(tableOf({ Step: [1, 2], ...columns }))
  const cells = (name: string) => Array.from({ length: 4 }, (_, row) => chart?.columns.get(name)?.at(row))
  expect(cells("run")).toEqual(["a", "a", "b", "b"])
  expect(cells("x")).toEqual([0, 1, 60, 61])
  expect(cells("y")).toEqual([30, 31, undefined, undefined])
})

it("other tables are no charts", () => {
  expect(chartTable(tableOf({ Step: [1], "a - x": [2], "a - x__MIN": [2] }))).toBeUndefined()
  expect(chartTable(tableOf({ lr: [1], loss: [2] }))).toBeUndefined()
})
