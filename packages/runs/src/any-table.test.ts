import { validateRows } from "@ts/fit"
import fc from "fast-check"
import { expect, it } from "vitest"
import { MappingError } from "./errors.ts"
import { rowsFromTable } from "./rows.ts"
import { type Cell, tableOf } from "./table.ts"

const odd = fc.constantFrom<Cell>(
  "",
  null,
  undefined,
  "nan",
  "diverged",
  "x",
  -1,
  0,
  true,
  "1e400",
  " 7 ",
  Infinity,
  NaN,
)
const mostly = (...usual: ReadonlyArray<Cell>) =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: odd })

const columns = fc.record(
  {
    lr: fc.array(mostly(0.001, "9.77e-4", "0.0009765625", 0.002), { maxLength: 12 }),
    batch_tokens: fc.array(mostly(64, "128"), { maxLength: 12 }),
    tokens: fc.array(mostly(1e6, 1000064, "2e6"), { maxLength: 12 }),
    loss: fc.array(mostly(2.5, 2.4, "2.6", 9), { maxLength: 12 }),
    steps: fc.array(mostly(15625, 15626, 7813), { maxLength: 12 }),
    run: fc.array(mostly("a", "b", "c"), { maxLength: 12 }),
    seed: fc.array(mostly(1, 2), { maxLength: 12 }),
    width: fc.array(mostly(64), { maxLength: 12 }),
    state: fc.array(mostly("finished", "crashed", "pruned"), { maxLength: 12 }),
  },
  { requiredKeys: ["lr", "batch_tokens", "tokens", "loss"] },
)

it("accounts for every row of any table, and gives rows that @ts/fit accepts, no reading twice", () => {
  fc.assert(
    fc.property(columns, fc.constantFrom("all", "last"), (cells, readings) => {
      let read: ReturnType<typeof rowsFromTable>
      try {
        read = rowsFromTable(tableOf(cells), {}, { readings })
      } catch (error) {
        expect(error).toBeInstanceOf(MappingError)
        return
      }
      const { rows, origins, summary } = read
      validateRows(rows)
      expect(origins).toHaveLength(rows.length)
      expect(summary.used).toBe(rows.length)
      expect(summary.used + summary.dropped + summary.blank).toBe(summary.rows)
      expect(summary.reasons.reduce((sum, reason) => sum + reason.rows, 0)).toBe(summary.dropped)
      expect(new Set(rows.map(({ runId, tokens, average }) => `${runId} ${tokens} ${average}`)).size).toBe(rows.length)
      expect(new Set(rows.map(({ runId }) => runId)).size).toBe(summary.runs)
    }),
    { numRuns: 1000 },
  )
})
