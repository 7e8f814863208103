import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Kind, type Parametrisation, plan, type Shape, type TensorShape } from "./index.ts"

/** A decoder with tied embeddings and learned positions, plus an untied readout, at width 1024 over a base of 256. */
const vocabulary = 50257
const decoder = (d: number, b: number): TensorShape[] => [
  { name: "wte", role: "input", fanIn: vocabulary, fanOut: d, baseFanIn: vocabulary, baseFanOut: b, baseStd: 0.02 },
  { name: "qkv", role: "hidden", fanIn: d, fanOut: 3 * d, baseFanIn: b, baseFanOut: 3 * b, block: true, baseStd: 0.02 },
  {
    ...{ name: "down", role: "hidden", fanIn: 4 * d, fanOut: d, baseFanIn: 4 * b, baseFanOut: b, baseStd: 0.02 },
    ...{ block: true, residual: true },
  },
  { name: "bias", role: "vector", fanIn: 1, fanOut: d, baseFanIn: 1, baseFanOut: b, block: true, constant: 0 },
  { name: "normF", role: "vector", fanIn: 1, fanOut: d, baseFanIn: 1, baseFanOut: b, constant: 1 },
  { name: "head", role: "output", fanIn: d, fanOut: vocabulary, baseFanIn: b, baseFanOut: vocabulary, baseStd: 0.02 },
]
const shape: Shape = { width: 1024, depth: 24, headSize: 64, baseWidth: 256, baseDepth: 2, baseHeadSize: 64 }
const planned = (p: Parametrisation, s: Shape = shape) => {
  const made = plan(p, s, decoder(s.width, s.baseWidth))
  return { ...made, tensor: Object.fromEntries(made.tensors.map((t) => [t.name, t])) }
}

describe("muP: the table of Tensor Programs V and the mup package, r = 4", () => {
  const { tensor, ...made } = planned({ kind: "mup", residualInitDivision: false })

  // name, init std, forward, Adam lr, SGD lr
  it.each([
    ["wte", 0.02, 1, 1, 4],
    ["qkv", 0.02 / 2, 1, 1 / 4, 1],
    ["down", 0.02 / 2, 1, 1 / 4, 1],
    ["bias", 0, 1, 1, 4],
    ["normF", 0, 1, 1, 4],
    ["head", 0.02, 1 / 4, 1, 4],
  ])("%s: std %d, forward %d, Adam %d, SGD %d", (name, std, forward, adam, sgd) => {
    expect(tensor[name]!.initStd).toBe(std)
    expect(tensor[name]!.forwardMultiplier).toBe(forward)
    expect(tensor[name]!.adam.lr).toBe(adam)
    expect(tensor[name]!.sgd.lr).toBe(sgd)
  })

  it("keeps lr times coupled decay at every width, and leaves independent decay alone", () => {
    for (const t of made.tensors) {
      expect(t.adam.lr * t.adam.weightDecay).toBe(1)
      expect(t.sgd.lr * t.sgd.weightDecay).toBe(1)
      expect(t.adam.weightDecayIndependent).toBe(1)
      expect(t.sgd.weightDecayIndependent).toBe(1)
    }
    expect(tensor["qkv"]!.adam.weightDecay).toBe(4)
  })

  it("scales epsilon with the gradients", () => {
    for (const t of made.tensors) expect(t.adam.eps).toBe(1 / 4)
  })

  it("gives a hidden tensor of unlike ratios the SGD rate r_out / r_in", () => {
    const odd: TensorShape = { name: "odd", role: "hidden", fanIn: 80, fanOut: 60, baseFanIn: 10, baseFanOut: 20 }
    const [t] = plan({ kind: "mup" }, shape, [odd]).tensors
    expect(t!.sgd.lr).toBe(3 / 8)
    expect(t!.adam.lr).toBe(1 / 8)
  })

  it("starts constants as constants", () => {
    expect(tensor["normF"]!.initConstant).toBe(1)
    expect(tensor["bias"]!.initConstant).toBe(0)
    expect("initConstant" in tensor["qkv"]!).toBe(false)
  })
})

describe("the published forms", () => {
  it("is nanoGPT-mup's: sigma 0.02, multipliers alpha_input and alpha_output / m_d, residual std over sqrt(2 L m_d)", () => {
    const { tensor, ...made } = planned({ kind: "mup", alphaInput: 10, alphaOutput: 3 })
    expect(made.embeddingMultiplier).toBe(10)
    expect(tensor["wte"]!.forwardMultiplier).toBe(10)
    expect(made.logitMultiplier).toBe(3 / 4)
    expect(tensor["head"]!.forwardMultiplier).toBe(3 / 4)
    expect(tensor["down"]!.initStd).toBeCloseTo(0.02 / Math.sqrt(2 * 24 * 4), 15)
    expect(tensor["qkv"]!.initStd).toBeCloseTo(0.01, 15)
    expect(made.residualMultiplier).toBe(1)
  })

  it("is the reference configuration's with no std named: sigma / sqrt(d), sigma / sqrt(d_base), logits d_base / d", () => {
    const bare = decoder(1024, 256).map(({ baseStd: _, ...t }) => t)
    const made = plan({ kind: "mup" }, shape, bare)
    const std = Object.fromEntries(made.tensors.map((t) => [t.name, t.initStd]))
    expect(std["wte"]).toBe(1 / 16)
    expect(std["qkv"]).toBe(1 / 32)
    expect(std["down"]).toBeCloseTo(1 / 64 / Math.sqrt(48), 15)
    expect(made.logitMultiplier).toBe(1 / 4)
  })

  it("is CompleteP's at alpha 1: m_d = 4, m_L = 12", () => {
    const { tensor, ...made } = planned({ kind: "completep", residualInitDivision: false, decayVectors: false })
    expect(made.residualMultiplier).toBeCloseTo(1 / 12, 15)
    expect(tensor["down"]!.initStd).toBe(0.01)
    expect(tensor["qkv"]!.adam).toEqual({ lr: 1 / 4, weightDecay: 4, weightDecayIndependent: 1, eps: 1 / 12 / 4 })
    expect(tensor["bias"]!.adam).toEqual({ lr: 1, weightDecay: 0, weightDecayIndependent: 0, eps: 1 / 12 / 4 })
    expect(tensor["wte"]!.adam).toEqual({ lr: 1, weightDecay: 1, weightDecayIndependent: 1, eps: 1 / 4 })
    expect(tensor["normF"]!.adam.lr).toBe(1)
  })

  it("is CompleteP's at alpha 1/2: block rates take m_L^(alpha - 1)", () => {
    const { tensor, ...made } = planned({ kind: "completep", alpha: 0.5 })
    expect(made.residualMultiplier).toBeCloseTo(12 ** -0.5, 15)
    expect(tensor["qkv"]!.adam.lr).toBeCloseTo(12 ** -0.5 / 4, 15)
    expect(tensor["bias"]!.adam.lr).toBeCloseTo(12 ** -0.5, 15)
    expect(tensor["qkv"]!.adam.weightDecay).toBe(4)
    expect(tensor["qkv"]!.adam.eps).toBeCloseTo(12 ** -0.5 / 4, 15)
    expect(tensor["wte"]!.adam.lr).toBe(1)
    expect(tensor["normF"]!.adam.lr).toBe(1)
    expect(tensor["qkv"]!.sgd.lr).toBe(1)
  })

  it("freezes the residual init division at the base depth under CompleteP", () => {
    expect(planned({ kind: "completep" }).tensor["down"]!.initStd).toBe(0.01 / Math.sqrt(2 * 2))
  })

  it("is standard: everything 1, std by fan-in or fixed", () => {
    const { tensor, ...made } = planned({ kind: "standard" })
    for (const t of made.tensors) {
      expect(t.adam).toEqual({ lr: 1, weightDecay: 1, weightDecayIndependent: 1, eps: 1 })
      expect(t.sgd).toEqual({ lr: 1, weightDecay: 1, weightDecayIndependent: 1 })
      expect(t.forwardMultiplier).toBe(1)
    }
    expect([made.logitMultiplier, made.residualMultiplier, made.attentionScale]).toEqual([1, 1, 1 / 8])
    expect([tensor["qkv"]!.initStd, tensor["head"]!.initStd, tensor["wte"]!.initStd]).toEqual([0.01, 0.01, 0.02])
    const fixed = planned({ kind: "standard", standardInit: "fixed" }).tensor
    expect([fixed["qkv"]!.initStd, fixed["head"]!.initStd]).toEqual([0.02, 0.02])
  })
})

describe("at the base shape", () => {
  const size = fc.integer({ min: 1, max: 5000 })
  it("equals the standard parametrisation in every bit, whatever the kind and the options", () => {
    fc.assert(
      fc.property(
        fc.record({ width: size, depth: size, headSize: size, hasStd: fc.boolean() }),
        fc.record({
          ...{ alphaInput: fc.double({ min: 1e-3, max: 1e3, noNaN: true }), residualInitDivision: fc.boolean() },
          ...{ alphaOutput: fc.double({ min: 1e-3, max: 1e3, noNaN: true }), decayVectors: fc.boolean() },
        }),
        fc.constantFrom<Kind>("mup", "completep"),
        fc.double({ min: 0.5, max: 1, noNaN: true }),
        ({ width, depth, headSize, hasStd }, options, kind, alpha) => {
          const base: Shape = { width, depth, headSize, baseWidth: width, baseDepth: depth, baseHeadSize: headSize }
          const tensors = decoder(width, width).map(({ baseStd, ...t }) =>
            hasStd && baseStd !== undefined ? { ...t, baseStd } : t,
          )
          const { kind: _, ...scaled } = plan(
            { kind, ...options, ...(kind === "completep" ? { alpha } : {}) },
            base,
            tensors,
          )
          const { kind: __, ...standard } = plan({ kind: "standard", ...options }, base, tensors)
          expect(scaled).toStrictEqual(standard)
        },
      ),
    )
  })
})

describe("a base wider than the model", () => {
  it("inverts the ratios", () => {
    const { tensor, ...made } = planned({ kind: "mup" }, { ...shape, width: 64 })
    expect(tensor["qkv"]!.adam.lr).toBe(4)
    expect(tensor["qkv"]!.initStd).toBe(0.04)
    expect(made.logitMultiplier).toBe(4)
  })
})
