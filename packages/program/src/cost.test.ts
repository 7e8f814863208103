import { describe, expect, it } from "vitest"
import { parametersOf, plain, smallModel } from "../test/small-model.ts"
import { builder, cost, costOf, elements } from "./index.ts"

describe("cost", () => {
  it("of a linear layer is two operations per weight and token, and every buffer once", () => {
    const b = builder({ sequenceLength: 4, vocabulary: 10 })
    const table = b.parameter("table", [10, 6])
    const x = b.embed({ table, scale: "s", out: "x" })
    b.crossEntropy(b.linear({ x, weight: b.parameter("w", [10, 6]), out: "logits" }))
    const training = b.training({ optimizer: "sgd" })
    const [embed, linear] = training.grad
    const rows = 8
    expect(costOf(linear, training, { rows })).toEqual({ flops: 2 * 8 * 60, bytes: 4 * (8 * 6 + 60 + 8 * 10) })
    expect(costOf(embed, training, { rows, bytesPerElement: 8 })).toEqual({ flops: 96, bytes: 8 * (8 * 6 + 8 * 6) })
    const backward = training.grad.find(({ kind }) => kind === "linear_backward")!
    expect(costOf(backward, training, { rows })).toEqual({
      flops: 4 * 8 * 60,
      bytes: 4 * (80 + 48 + 60 + 48 + 2 * 60),
    })
  })

  it("approaches 6 operations per parameter and token for a wide model (Kaplan et al. 2020, table 1)", () => {
    const training = smallModel({ ...plain, width: 512, heads: 8, vocabulary: 64, sequenceLength: 16 })
    const parameters = parametersOf(training)
      .filter(({ name }) => name !== "table")
      .reduce((sum, buffer) => sum + elements(buffer), 0)
    const { flops } = cost(training.grad, training, { rows: 32 })
    expect(flops / (6 * parameters * 32)).toBeGreaterThan(1)
    expect(flops / (6 * parameters * 32)).toBeLessThan(1.03)
  })

  it("grows with the tokens for grad, and not for update", () => {
    const training = smallModel(plain)
    const at = (rows: number) => cost(training.grad, training, { rows }).flops
    expect(at(20)).toBe(2 * at(10))
    const { flops } = cost(training.update, training, { rows: 10 })
    expect(flops).toBe(cost(training.update, training, { rows: 20 }).flops)
    expect(flops).toBe(18 * parametersOf(training).reduce((sum, buffer) => sum + elements(buffer), 0))
  })
})
