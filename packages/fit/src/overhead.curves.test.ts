import { describe, expect, it } from "vitest"
import type { Cell } from "./law.ts"
import { lossCurves } from "./overhead.ts"
import { type Estimate, notIdentified, type Reason, type Result, unavailable } from "./result.ts"

describe("lossCurves", () => {
  const estimate = (value: number): Estimate => ({
    _tag: "Estimate",
    value,
    scale: "linear",
    standardError: unavailable("not needed"),
    interval: undefined,
    n: 5,
    notes: [],
  })
  const cell = (batch: number, tokens: number, loss: Result, best?: number): Cell => ({
    width: 64,
    size: 0,
    average: "none",
    batch,
    tokens,
    best: best === undefined ? undefined : { eta: 0.01, loss: best },
    eta: loss,
    loss,
    curvature: loss,
    sensitivity: loss,
    parabola: undefined,
    points: [],
  })
  const none = (reason: Reason) => notIdentified(reason, "measure", 3)

  it("are one for each batch, both ascending, as numbers", () => {
    const cells = [
      cell(1000, 9000, estimate(2.5)),
      cell(64, 10000, estimate(2.4)),
      cell(64, 9000, estimate(2.6)),
      cell(1000, 10000, estimate(2.3)),
      cell(64, 800, estimate(3)),
    ]
    expect(lossCurves(cells)).toEqual([
      { batch: 64, tokens: [800, 9000, 10000], loss: [3, 2.6, 2.4] },
      { batch: 1000, tokens: [9000, 10000], loss: [2.5, 2.3] },
    ])
    expect(lossCurves([])).toEqual([])
  })

  it("take the loss at the minimum, else the lowest measured one of a tuned cell", () => {
    const loss = (found: Result, best?: number) => lossCurves([cell(64, 1000, found, best)])[0]?.loss[0]
    expect(loss(estimate(2.5), 2.4)).toBe(2.5)
    for (const reason of ["edge-high", "edge-low", "no-minimum", "two-minima"] as const)
      expect(loss(none(reason), 2.4)).toBe(2.4)
  })

  it("leave cells out that were not tuned, or whose every reading diverged", () => {
    const measured = cell(64, 2000, estimate(2.5))
    for (const reason of ["too-few-points", "not-measured"] as const)
      expect(lossCurves([cell(64, 1000, none(reason), 2.4), measured])).toEqual([
        { batch: 64, tokens: [2000], loss: [2.5] },
      ])
    expect(lossCurves([cell(64, 1000, none("edge-high"))])).toEqual([])
  })
})
