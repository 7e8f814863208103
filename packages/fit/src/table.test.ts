import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { readTable } from "../test/read-table.ts"
import { MappingError, numberIn, parseProduct } from "./expression.ts"
import { fitLaw } from "./fit-law.ts"
import { predict } from "./predict.ts"
import { isEstimate } from "./result.ts"
import { rowsFromTable } from "./table.ts"

describe("parseProduct", () => {
  const names = ["bs", "smooth loss", "smooth", "loss/val", "N (millions)", "tokens"]
  it("reads columns with spaces, products, quotients and numbers", () => {
    expect(parseProduct("batch", "bs * 2048", names)).toEqual({ constant: 2048, columns: [{ name: "bs", power: 1 }] })
    expect(parseProduct("loss", "smooth loss", names).columns[0].name).toBe("smooth loss")
    expect(parseProduct("loss", "loss/val", names).columns).toEqual([{ name: "loss/val", power: 1 }])
    expect(parseProduct("size", "N (millions)*1e6", names)).toEqual({
      constant: 1e6,
      columns: [{ name: "N (millions)", power: 1 }],
    })
    expect(parseProduct("steps", " tokens / bs / 2 ", names)).toEqual({
      constant: 0.5,
      columns: [
        { name: "tokens", power: 1 },
        { name: "bs", power: -1 },
      ],
    })
    expect(parseProduct("width", "64", names)).toEqual({ constant: 64, columns: [] })
  })

  it("names what it cannot read and the columns at hand", () => {
    expect(() => parseProduct("eta", "lr", names)).toThrow(MappingError)
    expect(() => parseProduct("eta", "lr", names)).toThrow('--eta "lr": there is no column "lr"; the columns are "bs",')
    expect(() => parseProduct("batch", "bs *", names)).toThrow("missing after the operator")
    expect(() => parseProduct("batch", "bs + 1", names)).toThrow('there is no column "bs + 1"')
    expect(() => parseProduct("batch", "", names)).toThrow("name a column")
    expect(() => parseProduct("batch", "bs * 0", names)).toThrow("above zero")
  })

  it("tells blanks, text and what spells no number apart", () => {
    expect(["1e3", " 2 ", "nan", "Inf", "-inf", "", "n/a", null, true, 7].map(numberIn)).toEqual([
      1000,
      2,
      NaN,
      NaN,
      NaN,
      undefined,
      undefined,
      undefined,
      undefined,
      7,
    ])
  })
})

const mapping = { eta: "lr", batch: "bs * 2048", tokens: "D", loss: "smooth loss" }

describe("rowsFromTable", () => {
  it("drops what means nothing, with counts and places", () => {
    const read = rowsFromTable(
      {
        lr: [0.001, "0.002", "", 0.004, -1, "fast", 0.001],
        bs: [64, 64, 64, 64, 64, 64, 64],
        D: [1e9, 1e9, 1e9, 0, 1e9, 1e9, 1e9],
        "smooth loss": [2.5, "nan", 2.5, 2.5, 2.5, 2.5, 2.5],
      },
      mapping,
    )
    expect(read.rows).toHaveLength(2)
    expect(read.rows[0]).toMatchObject({
      eta: 0.001,
      batch: 131072,
      tokens: 1e9,
      loss: 2.5,
      status: "finished",
      seed: 0,
    })
    expect(read.rows[1]).toMatchObject({ eta: 0.002, status: "diverged", loss: NaN })
    expect(read.diverged).toEqual([1])
    expect(read.summary).toEqual({
      rows: 7,
      used: 2,
      dropped: 5,
      reasons: expect.arrayContaining([
        { reason: '"lr" is blank', rows: 1, examples: [2] },
        { reason: "tokens is not above zero", rows: 1, examples: [3] },
        { reason: "eta is not above zero", rows: 1, examples: [4] },
        { reason: '"lr" is not a number', rows: 1, examples: [5] },
        { reason: "duplicate of an earlier row", rows: 1, examples: [6] },
      ]),
    })
  })

  it("keeps equal settings with another loss as repeated seeds", () => {
    const table = { lr: [1, 1, 1], bs: [1, 1, 1], D: [9, 9, 9], "smooth loss": [2, 2.1, 2.2] }
    const { rows } = rowsFromTable(table, mapping)
    expect(rows.map((r) => r.seed)).toEqual([0, 1, 2])
    expect(new Set(rows.map((r) => r.runId)).size).toBe(3)
  })

  it("takes what else the table knows", () => {
    const table = {
      lr: [1],
      bs: [1],
      D: [9],
      "smooth loss": [2],
      run: ["a7"],
      avg: ["ewa:0.99"],
      state: ["Pruned"],
      N: [3],
      d: [64],
      s: [5],
      warm: [2],
      steps: [100],
      l0: [4.8],
    }
    const more = { ...mapping, runId: "run", average: "avg", status: "state", size: "N * 1e6", width: "d" }
    const { rows } = rowsFromTable(table, {
      ...more,
      seed: "s",
      warmupSteps: "warm",
      steps: "steps",
      initialLoss: "l0",
      source: "runs.csv",
    })
    expect(rows[0]).toEqual({
      runId: "a7",
      seed: 5,
      tokens: 9,
      batch: 2048,
      eta: 1,
      width: 64,
      average: "ewa:0.99",
      loss: 2,
      status: "pruned",
      steps: 100,
      warmupSteps: 2,
      size: 3e6,
      initialLoss: 4.8,
      provenance: { source: "runs.csv" },
    })
  })

  it("names a missing column", () => {
    expect(() => rowsFromTable({ lr: [1] }, mapping)).toThrow('--batch "bs * 2048": there is no column "bs"')
    const table = { lr: [1], bs: [1], D: [9], "smooth loss": [2] }
    expect(() => rowsFromTable(table, { ...mapping, status: "state" })).toThrow('there is no column "state"')
    expect(rowsFromTable({ lr: [], bs: [], D: [], "smooth loss": [] }, mapping).rows).toEqual([])
  })
})

describe("the AdamW sweep of Wen et al. 2025", () => {
  const table = readTable(readFileSync(new URL("../fixtures/adamw_lr_batch_sweep.csv", import.meta.url), "utf8"))
  const read = rowsFromTable(table, { eta: "lr", batch: "batch_size * seq_len", tokens: "tokens", loss: "loss" })
  const law = fitLaw(read.rows)

  it("marks the losses above 7 as diverged, and no other", () => {
    const above = table["loss"].flatMap((loss, i) => (Number(loss) > 7 ? [i] : []))
    expect(read.diverged).toEqual(above)
    expect(law.summary).toMatchObject({ rows: 25, used: 20, reasons: [{ reason: "diverged", rows: 5 }] })
  })

  it("finds the optimum where three learning rates are sound, and the reason elsewhere", () => {
    const found = law.cells.filter((cell) => isEstimate(cell.eta))
    expect(found.map((cell) => [cell.batch, cell.tokens / 2684354560])).toEqual([1, 2, 4].map((k) => [128 * 4096, k]))
    expect(found.map((cell) => isEstimate(cell.eta) && Number(cell.eta.value.toPrecision(3)))).toEqual([
      0.00915, 0.00822, 0.00704,
    ])
    for (const cell of law.cells)
      if (!found.includes(cell)) expect(cell.eta).toMatchObject({ reason: "too-few-points" })
    const diverged = law.cells.find((cell) => cell.batch === 256 * 4096 && cell.tokens === 8 * 2684354560)
    expect(diverged?.eta._tag === "NotIdentified" && diverged.eta.message).toMatch(/2 diverged: eta 0.016, 0.032/)
  })

  it("says nothing across batches that were not tuned, and follows eta* along the one that was", () => {
    expect(law.noise.source).toBe("unknown")
    expect(law.overheads.every((o) => !isEstimate(o.batch))).toBe(true)
    const advice = predict(law, { tokens: 8 * 2684354560, batch: 128 * 4096 })
    expect(isEstimate(advice.eta) && advice.eta.value).toBeGreaterThan(0.005)
    expect(isEstimate(advice.eta) && advice.eta.value).toBeLessThan(0.0071)
    expect(predict(law, { tokens: 4e10 }).batch._tag).toBe("NotIdentified")
  })
})
