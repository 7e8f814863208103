import { describe, expect, it } from "vitest"
import { plain, smallModel } from "../test/small-model.ts"
import { type Op, type Training, validate } from "./index.ts"

const training = smallModel(plain, { optimizer: "adamw", averages: ["a"] })
const change = (program: "grad" | "update" | "evaluate", kind: string, edit: (op: Op) => Partial<Op>): Training => {
  const at = training[program].findIndex((op) => op.kind === kind)
  return { ...training, [program]: training[program].map((op, i) => (i === at ? { ...op, ...edit(op) } : op)) }
}

describe("validate", () => {
  it("passes what the builder makes", () => expect(() => validate(training)).not.toThrow())

  it.each<[string, Training, RegExp]>([
    ["unknown kinds", change("grad", "gelu", () => ({ kind: "relu" as never })), /unknown operation "relu"/],
    ["unknown slots", change("grad", "gelu", () => ({ inputs: { z: "x" } })), /gelu: input "x" is missing/],
    [
      "slots too many",
      change("grad", "gelu", ({ inputs }) => ({ inputs: { ...inputs, z: "x" } })),
      /gelu: has no input "z"; there are: x/,
    ],
    ["undeclared scalars", { ...training, scalars: ["gradScale"] }, /scalar "scale.in" is not declared/],
    ["undeclared step scalars", { ...training, stepScalars: ["warp"] }, /step scalar "warp"/],
    ["adding where it cannot be", change("grad", "norm", () => ({ accumulate: ["y"] })), /norm: "y" cannot add/],
    [
      "adding to what nothing has written",
      change("grad", "gelu_backward", () => ({ accumulate: ["dx"] })),
      /gelu_backward: reads activation "grad:block1.up" before anything has written it/,
    ],
    [
      "operations out of order",
      { ...training, evaluate: training.evaluate.toReversed() },
      /before anything has written/,
    ],
    [
      "evaluation that writes weights",
      { ...training, evaluate: [...training.evaluate, ...training.update] },
      /must not write state "norm" here/,
    ],
    ["a missing loss", { ...training, loss: "lose" }, /nothing in grad writes the loss "lose"/],
    ["a missing norm", { ...training, norm: "m:table" }, /nothing in update writes the norm/],
    ["two buffers of a name", { ...training, buffers: [...training.buffers, training.buffers[0]] }, /two buffers/],
    ["a vocabulary of none", { ...training, vocabulary: 0 }, /vocabulary must be a positive integer, not 0/],
    [
      "averages of the wrong parameter",
      { ...training, averages: { a: { table: "average:a:block0.up.w" } } },
      /average "a": "average:a:block0.up.w" does not hold an average of parameter "table"/,
    ],
    [
      "buffers that are not there",
      { ...training, buffers: training.buffers.filter(({ name }) => name !== "logits") },
      /unknown buffer "logits"/,
    ],
  ])("refuses %s", (_, broken, message) => expect(() => validate(broken)).toThrow(message))
})
