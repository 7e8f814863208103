import { elements, referenceDevice } from "@ts/program"
import { describe, expect, it } from "vitest"
import { curveErrors, fixtureErrors } from "../fixtures/runs.ts"
import { gradientFixtures } from "../fixtures/torch.ts"
import { type MptShape, mpt, ShapeFieldError, training } from "./index.ts"

const small: MptShape = {
  d_model: 32,
  n_layers: 2,
  n_heads: 4,
  max_seq_len: 16,
  vocab_size: 64,
  expansion_ratio: 4,
  no_bias: false,
  tie_word_embeddings: true,
  positions: "alibi",
  rope_theta: 10000,
  qk_ln: false,
  norm_eps: 1e-5,
}

describe("against PyTorch in float64", () => {
  it.each(gradientFixtures)("%s: loss, activations and all gradients", async (name) => {
    const { loss, activations, gradients } = await fixtureErrors(referenceDevice(), name)
    expect(loss).toBeLessThan(1e-12)
    expect(activations.size).toBeGreaterThan(3)
    expect(gradients.size).toBeGreaterThan(8)
    for (const [buffer, error] of [...activations, ...gradients]) expect(error, buffer).toBeLessThan(1e-10)
  })

  it("follows torch.optim.AdamW with clipping for 200 steps", async () => {
    const { losses, norms } = await curveErrors(referenceDevice())
    expect(losses).toHaveLength(200)
    expect(Math.max(...losses)).toBeLessThan(1e-8)
    expect(Math.max(...norms)).toBeLessThan(1e-7)
  })
})

describe("mpt", () => {
  it("names parameters as MPT's checkpoints do", () => {
    const model = mpt({ ...small, n_layers: 1, positions: "learned", qk_ln: true, tie_word_embeddings: false })
    expect(model.parameters.map(({ name, shape }) => `${name} ${shape}`)).toEqual([
      "transformer.wte.weight 64,32",
      "transformer.wpe.weight 16,32",
      "transformer.blocks.0.norm_1.weight 32",
      "transformer.blocks.0.norm_1.bias 32",
      "transformer.blocks.0.attn.Wqkv.weight 96,32",
      "transformer.blocks.0.attn.Wqkv.bias 96",
      "transformer.blocks.0.attn.q_ln.weight 32",
      "transformer.blocks.0.attn.q_ln.bias 32",
      "transformer.blocks.0.attn.k_ln.weight 32",
      "transformer.blocks.0.attn.k_ln.bias 32",
      "transformer.blocks.0.attn.out_proj.weight 32,32",
      "transformer.blocks.0.attn.out_proj.bias 32",
      "transformer.blocks.0.norm_2.weight 32",
      "transformer.blocks.0.norm_2.bias 32",
      "transformer.blocks.0.ffn.up_proj.weight 128,32",
      "transformer.blocks.0.ffn.up_proj.bias 128",
      "transformer.blocks.0.ffn.down_proj.weight 32,128",
      "transformer.blocks.0.ffn.down_proj.bias 32",
      "transformer.norm_f.weight 32",
      "transformer.norm_f.bias 32",
      "lm_head.weight 64,32",
    ])
    expect(mpt({ ...small, no_bias: true }).parameters.some(({ name }) => name.endsWith(".bias"))).toBe(false)
  })

  it.each([
    [1024, 24, 16, 50257, 353.5e6],
    [512, 24, 8, 50257, 101.2e6],
    [256, 24, 4, 50257, 31.7e6],
  ])("builds width %i, %i layers (the paper's sizes)", (d_model, n_layers, n_heads, vocab_size, published) => {
    const shape: MptShape = { ...small, d_model, n_layers, n_heads, vocab_size, positions: "rope", max_seq_len: 1024 }
    const program = training(mpt(shape), "adamw", ["a"])
    const weights = program.buffers.filter(({ storage }) => storage === "parameter")
    const count = weights.reduce((sum, buffer) => sum + elements(buffer), 0)
    // 12 L d^2 + V d, biases and norms apart (published to four digits): less than 1 % here.
    expect(Math.abs(count / published - 1)).toBeLessThan(0.01)
    expect(Object.keys(program.averages["a"])).toHaveLength(weights.length)
  })

  it.each([
    [{ n_heads: 5 }, "n_heads is 5; it must be a divisor of the width 32"],
    [{ n_heads: 32, positions: "rope" }, "n_heads is 32; it must be such that the head size is even"],
    [{ d_model: 0 }, "d_model is 0"],
    [{ n_layers: -1 }, "n_layers is -1"],
    [{ vocab_size: 1.5 }, "vocab_size is 1.5"],
    [{ expansion_ratio: Number.NaN }, "expansion_ratio is NaN"],
    [{ expansion_ratio: 0.01 }, "expansion_ratio is 0.01"],
    [{ norm_eps: 0 }, "norm_eps is 0"],
  ] as const)("refuses %j", (change, message) => {
    expect(() => mpt({ ...small, ...change })).toThrow(ShapeFieldError)
    expect(() => mpt({ ...small, ...change })).toThrow(message)
  })
})
