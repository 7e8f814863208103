import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { readTable } from "../test/read-table.ts"
import { fitLaw } from "./fit-law.ts"
import { predict } from "./predict.ts"
import { isEstimate } from "./result.ts"

describe("the AdamW sweep of Wen et al. 2025", () => {
  const table = readTable(readFileSync(new URL("../fixtures/adamw_lr_batch_sweep.csv", import.meta.url), "utf8"))
  const rows = table["loss"].map((loss, i) => ({
    eta: Number(table["lr"][i]),
    batch: Number(table["batch_size"][i]) * Number(table["seq_len"][i]),
    tokens: Number(table["tokens"][i]),
    loss: Number(loss),
  }))
  const law = fitLaw(rows)

  it("marks the losses above 7 as diverged, and no other", () => {
    const diverged = law.cells.flatMap(({ points }) => points.filter(({ use }) => use === "diverged"))
    const losses = (list: ReadonlyArray<{ readonly loss: number }>) => list.map(({ loss }) => loss).sort()
    expect(losses(diverged)).toEqual(losses(rows.filter(({ loss }) => loss > 7)))
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
