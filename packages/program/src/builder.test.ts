import { describe, expect, it } from "vitest"
import { builder, ProgramError, ShapeError } from "./index.ts"

const begin = () => {
  const b = builder({ sequenceLength: 4, vocabulary: 7 })
  const table = b.parameter("table", [7, 6])
  return { b, table, x: b.embed({ table, scale: "s", out: "x" }) }
}

describe("builder", () => {
  it("gives results the shapes that their inputs ask for", () => {
    const { b, table, x } = begin()
    const qkv = b.linear({ x, weight: b.parameter("w", [18, 6]), out: "qkv" })
    const y = b.attention({ qkv, heads: 3, alibi: false, scale: "a", out: "y" })
    b.crossEntropy(b.linear({ x: y, weight: table, out: "logits" }))
    const { loss, buffers, ops } = b.forward()
    const shapes = Object.fromEntries(buffers.map(({ name, shape, perToken }) => [name, [perToken, ...shape]]))
    expect(shapes).toEqual({
      table: [false, 7, 6],
      x: [true, 6],
      w: [false, 18, 6],
      qkv: [true, 18],
      y: [true, 6],
      "y.lse": [true, 3],
      logits: [true, 7],
      loss: [true, 1],
      "loss.lse": [true, 1],
    })
    expect(loss).toBe("loss")
    expect(ops.map(({ kind }) => kind)).toEqual(["embed", "linear", "attention", "linear", "cross_entropy"])
  })

  it.each<[string, (s: ReturnType<typeof begin>) => unknown, RegExp]>([
    [
      "a weight of the wrong width",
      ({ b, x }) => b.linear({ x, weight: b.parameter("w", [8, 5]), out: "y" }),
      /linear: buffer "w" has shape \[8, 5\], but slot "weight" takes \[out, in\] with in = 6 from buffer "x"/,
    ],
    [
      "a residual of the wrong width",
      ({ b, x }) => b.linear({ x, weight: b.parameter("w", [8, 6]), residual: x, out: "y" }),
      /buffer "x" has shape N x \[6\], but slot "residual" takes N x \[out\] with out = 8/,
    ],
    [
      "a table that is not the vocabulary's",
      ({ b }) => b.embed({ table: b.parameter("t", [8, 6]), scale: "s", out: "z" }),
      /takes \[V, d\] with V = 7 from the vocabulary/,
    ],
    [
      "positions for another sequence length",
      ({ b, table }) => b.embed({ table, positions: b.parameter("p", [5, 6]), scale: "s", out: "z" }),
      /takes \[S, d\] with S = 4 from the sequence length/,
    ],
    [
      "a width that is not q, k and v",
      ({ b, x }) => {
        const w = b.parameter("w", [20, 6])
        b.rotary({ x: b.linear({ x, weight: w, out: "y" }), heads: 1, theta: 10, out: "r" })
      },
      /20 is no multiple of 3/,
    ],
    [
      "heads that do not divide the width",
      ({ b, x }) => {
        const qkv = b.linear({ x, weight: b.parameter("w", [18, 6]), out: "qkv" })
        b.attention({ qkv, heads: 4, alibi: true, scale: "a", out: "y" })
      },
      /4 heads do not divide a width of 6/,
    ],
    [
      "heads of odd size under rotary",
      ({ b, x }) => {
        const qkv = b.linear({ x, weight: b.parameter("w", [18, 6]), out: "qkv" })
        b.rotary({ x: qkv, heads: 2, theta: 10, out: "y" })
      },
      /does not give 2 heads of even size/,
    ],
    ["a vector for a matrix", ({ b, x }) => b.linear({ x, weight: b.parameter("w", [6]), out: "y" }), /\[out, in\]/],
    ["logits that are not the vocabulary's", ({ b, x }) => b.crossEntropy(x), /N x \[V\] with V = 7/],
    ["a parameter where tokens are due", ({ b, table }) => b.gelu({ x: table, out: "y" }), /takes N x \[d\]/],
  ])("refuses %s where it is written", (_, write, message) => {
    expect(() => write(begin())).toThrow(message)
    expect(() => write(begin())).toThrow(ShapeError)
  })

  it.each<[string, (s: ReturnType<typeof begin>) => unknown, RegExp]>([
    ["an unknown buffer", ({ b }) => b.gelu({ x: "nope", out: "y" }), /unknown buffer "nope"/],
    ["a name twice", ({ b, x }) => b.gelu({ x, out: "x" }), /"x" is declared twice/],
    ["a missing attribute", ({ b, x }) => b.norm({ x, out: "y" } as never), /attribute "eps" is missing/],
    ["eps that is no number", ({ b, x }) => b.norm({ x, eps: Number.NaN, out: "y" }), /must be a number, not NaN/],
    ["an end without a loss", ({ b }) => b.forward(), /no loss yet/],
    [
      "anything after the loss",
      ({ b, x, table }) => {
        b.crossEntropy(b.linear({ x, weight: table, out: "logits" }))
        b.gelu({ x, out: "y" })
      },
      /comes after cross_entropy/,
    ],
    [
      "an empty dimension",
      ({ b, x }) => {
        b.crossEntropy(b.linear({ x, weight: b.parameter("w", [7, 6]), bias: b.parameter("b", [7]), out: "logits" }))
        b.parameter("void", [0])
        b.training({ optimizer: "sgd" })
      },
      /every size of buffer "void" must be a positive integer, not 0/,
    ],
  ])("refuses %s", (_, write, message) => {
    expect(() => write(begin())).toThrow(message)
    expect(() => write(begin())).toThrow(ProgramError)
  })
})
