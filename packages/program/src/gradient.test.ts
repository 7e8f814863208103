import { describe, expect, it } from "vitest"
import { normal, parametersOf, plain, type Shape, scales, smallModel, tokens, weights } from "../test/small-model.ts"
import { builder, differentiate, gradientOf, type Op, ProgramError, referenceDevice } from "./index.ts"

/**
 * Largest error of the directional derivative along three random directions per tensor, relative to the
 * gradient's norm. Central differences of fourth order in float64.
 */
const worstError = async (shape: Shape): Promise<Map<string, number>> => {
  const training = smallModel(shape)
  const sequences = 2
  const device = await referenceDevice().compile(training, { lanes: 1, microBatch: sequences })
  device.scalars(0, scales)
  const start = weights(training, 1)
  for (const [name, values] of start) await device.write(0, name, values)
  const ids = [tokens(training, sequences, 2)]
  await device.run([{ program: "grad", sequences, tokens: ids }])
  const loss = async () => {
    const [losses] = await device.run([{ program: "evaluate", sequences, tokens: ids }])
    return losses[0] + losses[1]
  }
  const gradients = new Map<string, Float64Array>()
  let square = 0
  for (const [name] of start) {
    const gradient = Float64Array.from(await device.read(0, gradientOf(name)))
    gradients.set(name, gradient)
    for (const g of gradient) square += g * g
  }
  const norm = Math.sqrt(square)
  const next = normal(3)
  const errors = new Map<string, number>()
  for (const [name, values] of start) {
    for (let direction = 0; direction < 3; direction++) {
      const u = values.map(() => next())
      const length = Math.hypot(...u)
      const along = async (h: number) => {
        await device.write(
          0,
          name,
          values.map((value, i) => value + (h * u[i]) / length),
        )
        return loss()
      }
      const h = 1e-3
      const near = (await along(h)) - (await along(-h))
      const far = (await along(2 * h)) - (await along(-2 * h))
      const slope = (8 * near - far) / (12 * h)
      const exact = gradients.get(name)!.reduce((sum, g, i) => sum + (g * u[i]) / length, 0)
      errors.set(name, Math.max(errors.get(name) ?? 0, Math.abs(slope - exact) / norm))
    }
    await device.write(0, name, values)
  }
  return errors
}

describe("directional derivatives of every parameter tensor", () => {
  it.each<[string, Shape]>([
    ["ALiBi", plain],
    ["ALiBi, three heads, tied", { ...plain, width: 15, heads: 3, tied: true }],
    ["learned positions, biases", { ...plain, positions: "learned", bias: true }],
    ["rotary, QK-norm with biases", { ...plain, positions: "rotary", qkNorm: true, bias: true }],
    [
      "rotary, QK-norm, odd sizes, tied",
      { ...plain, positions: "rotary", qkNorm: true, width: 18, heads: 3, tied: true },
    ],
    ["sequences of one token", { ...plain, sequenceLength: 1, positions: "learned", vocabulary: 3 }],
  ])("%s", async (_, shape) => {
    const errors = await worstError(shape)
    expect(errors.size).toBe(parametersOf(smallModel(shape)).length)
    for (const [name, error] of errors) expect.soft(error, name).toBeLessThan(1e-7)
  })
})

const residual = () => {
  const b = builder({ sequenceLength: 2, vocabulary: 3 })
  const table = b.parameter("table", [3, 4])
  const x = b.embed({ table, scale: "s", out: "x" })
  return { b, table, x, weight: b.parameter("w", [4, 4]) }
}

describe("differentiate", () => {
  it("adds to gradients of parameters, overwrites an activation's first and adds the later ones", () => {
    const { b, x, weight, table } = residual()
    const h = b.gelu({ x, out: "h" })
    const y = b.linear({ x: h, weight, residual: x, out: "y" })
    b.crossEntropy(b.linear({ x: y, weight: table, out: "logits" }))
    const { ops, buffers, gradients } = differentiate(b.forward().ops, b.forward().buffers)
    expect(ops.map(({ kind, accumulate }) => [kind, accumulate])).toEqual([
      ["cross_entropy_backward", []],
      ["linear_backward", ["dweight"]],
      ["linear_backward", ["dweight"]],
      ["gelu_backward", ["dx"]],
      ["embed_backward", ["dtable"]],
    ])
    expect(gradients["x"]).toBe("grad:y")
    expect(buffers.find(({ name }) => name === "grad:x")).toBeUndefined()
    expect(buffers.find(({ name }) => name === "grad:table")).toMatchObject({ storage: "gradient", shape: [3, 4] })
    expect(buffers.find(({ name }) => name === "grad:y")).toMatchObject({ storage: "activation", perToken: true })
  })

  it("refuses a residual that is read again, or that is the input itself", () => {
    const again = residual()
    const y = again.b.linear({
      x: again.b.gelu({ x: again.x, out: "h" }),
      weight: again.weight,
      residual: again.x,
      out: "y",
    })
    const z = again.b.linear({ x: y, weight: again.weight, residual: again.x, out: "z" })
    again.b.crossEntropy(again.b.linear({ x: z, weight: again.table, out: "logits" }))
    expect(() => differentiate(again.b.forward().ops, again.b.forward().buffers)).toThrow(ProgramError)
    const self = residual()
    const s = self.b.linear({ x: self.x, weight: self.weight, residual: self.x, out: "s" })
    self.b.crossEntropy(self.b.linear({ x: s, weight: self.table, out: "logits" }))
    expect(() => self.b.training({ optimizer: "sgd" })).toThrow(/residual "x" must not be/)
  })

  it("refuses an operation that does not reach the loss", () => {
    const { b, x, table } = residual()
    b.gelu({ x, out: "unused" })
    b.crossEntropy(b.linear({ x, weight: table, out: "logits" }))
    expect(() => b.training({ optimizer: "sgd" })).toThrow(/"unused" does not reach the loss/)
  })

  it("refuses a buffer that is written twice", () => {
    const op: Op = {
      kind: "gelu",
      inputs: { x: "x" },
      outputs: { y: "x" },
      accumulate: [],
      scalars: {},
      attributes: {},
    }
    expect(() => differentiate([op, op], [])).toThrow(/written twice/)
  })
})
