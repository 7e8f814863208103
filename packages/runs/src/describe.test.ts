import { expect, it } from "vitest"
import { describe } from "./describe.ts"
import { rowsFromTable } from "./rows.ts"
import { tableOf } from "./table.ts"

it("tells in lines what was read, guessed, merged, dropped and marked", () => {
  const n = 20
  const table = tableOf(
    {
      lr: [0.001, 0.0009765625, 0.000977, 0.004, 0.001, ...new Array(n).fill("x")],
      batch_tokens: new Array(5 + n).fill(64),
      D: new Array(5 + n).fill(1e6),
      loss: [2.5, 2.4, 2.45, 9, 2.5],
    },
    "runs.csv",
  )
  const { summary } = rowsFromTable(table)
  expect(describe(summary)).toEqual([
    "read 4 of 25 rows of runs.csv",
    'guessed eta from "lr": a usual name of the learning rate',
    'guessed loss from "loss": a usual name of the loss',
    'guessed batch from "batch_tokens": a usual name of the batch size',
    'guessed tokens from "D": a usual name of the horizon in tokens',
    "merged into learning rate 0.0009765625: 0.000977 (1 row)",
    'dropped 20: "lr" is not a number: "x" (row 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17 and 8 more)',
    "dropped 1: duplicate of an earlier row (row 5)",
    "1 setting measured by more than one run: kept as repeats",
    "diverged 1: left out of profiles (row 4)",
  ])
})

it("names the runs of a history and its rows without a reading", () => {
  const table = tableOf({ eta: [1, 1, 1], batch: [1, 1, 1], tokens: [1, 2, 3], loss: [2, "", 1], run: ["a", "a", "a"] })
  const lines = describe(rowsFromTable(table).summary)
  expect(lines[0]).toBe("read 2 of 3 rows of table: 1 run")
  expect(lines).toContain("1 row without a loss, as between evaluations: no readings")
  expect(lines.at(-1)).toMatch("note: 1 runs are read at several horizons")
})
