/** Arithmetic of the decoder: parameters and floating-point operations, from its shape alone. */
import type { ModelShape } from "./RunSpec.ts"

const hidden = (m: ModelShape): number => Math.round(m.expansion_ratio * m.d_model)

/** Parameters, embeddings included. */
export const parameterCount = (m: ModelShape): number => {
  const { d_model: d } = m
  const bias = m.no_bias ? 0 : 1
  const norms = 2 * d * (1 + bias) + (m.qk_ln ? 2 * d * (1 + bias) : 0)
  const attention = 4 * d * d + bias * 4 * d
  const mlp = 2 * d * hidden(m) + bias * (hidden(m) + d)
  const tables = m.vocab_size * d * (m.tie_word_embeddings ? 1 : 2)
  return (
    tables +
    (m.positions === "learned" ? m.max_seq_len * d : 0) +
    m.n_layers * (norms + attention + mlp) +
    d * (1 + bias)
  )
}

/** FLOPs of one token forward and backward: 6 per weight of a matrix product, plus causal attention (half of S keys on average). */
export const flopsPerToken = (m: ModelShape): number => {
  const { d_model: d } = m
  const products = m.n_layers * (4 * d * d + 2 * d * hidden(m)) + m.vocab_size * d
  return 6 * products + m.n_layers * 6 * m.max_seq_len * d
}
