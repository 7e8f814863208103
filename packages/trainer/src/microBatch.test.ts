import { type MptShape, mpt, training } from "@ts/model"
import { planMemory } from "@ts/program"
import { expect, it } from "vitest"
import { microBatchOf } from "./microBatch.ts"

const shape: MptShape = {
  d_model: 64,
  n_layers: 2,
  n_heads: 4,
  max_seq_len: 64,
  vocab_size: 512,
  expansion_ratio: 4,
  no_bias: false,
  tie_word_embeddings: true,
  positions: "alibi",
  rope_theta: 10000,
  qk_ln: false,
  norm_eps: 1e-5,
}
const options = { lanes: 1, precision: "f32", tokens: undefined } as const

it("takes 4096 tokens of a small model, and of a large one what fits 256 MiB, but always a sequence", () => {
  expect(microBatchOf(training(mpt(shape), "adamw"), options)).toBe(64)
  const medium = training(mpt({ ...shape, d_model: 512, n_layers: 6, n_heads: 8, vocab_size: 4096 }), "adamw")
  const found = microBatchOf(medium, options)
  const bytes = (sequences: number) => 4 * sequences * planMemory(medium.grad, medium.buffers, { rows: 64 }).total
  expect(bytes(found)).toBeLessThanOrEqual(2 ** 28)
  expect(bytes(found + 1)).toBeGreaterThan(2 ** 28)
  expect(microBatchOf(medium, { ...options, lanes: 4 })).toBe(Math.floor(found / 4))
  const paper = { ...shape, d_model: 1024, n_layers: 24, n_heads: 16, vocab_size: 50257, max_seq_len: 1024 }
  expect(microBatchOf(training(mpt(paper), "adamw"), options)).toBe(1)
})

it("takes what it is told, in whole sequences", () => {
  const small = training(mpt(shape), "adamw")
  expect(microBatchOf(small, { ...options, tokens: 200 })).toBe(3)
  expect(microBatchOf(small, { ...options, tokens: 1 })).toBe(1)
})
