import { hiddenWidth, type MptShape } from "./shape.ts"

/** Where a tensor sits in the network, which is what a parametrisation goes by. */
export type Role = "input" | "hidden" | "output" | "vector"

/** A parameter of the decoder: named as in MPT's Hugging Face checkpoints, `[out, in]` for a linear layer's weight. */
export interface Parameter {
  readonly name: string
  readonly shape: readonly number[]
  readonly role: Role
  /** A norm's gain starts at 1, a bias at 0, a weight at random. */
  readonly start: "normal" | "ones" | "zeros"
  /** Writes to the residual stream: `attn.out_proj` and `ffn.down_proj`. */
  readonly residual: boolean
  /** Belongs to a block, of which there are `n_layers`. */
  readonly block: boolean
}

/** All parameters, in the order of the forward pass. */
export const parameters = (shape: MptShape): readonly Parameter[] => {
  const { d_model: d, vocab_size: V, max_seq_len: S } = shape
  const hidden = hiddenWidth(shape)
  const list: Parameter[] = []

  const weight = (name: string, role: Role, out: number, columns: number, flags?: { residual?: true; block?: true }) =>
    list.push({
      name: `${name}.weight`,
      shape: [out, columns],
      role,
      start: "normal",
      residual: flags?.residual ?? false,
      block: flags?.block ?? false,
    })
  const vector = (name: string, size: number, start: "ones" | "zeros", block: boolean) =>
    list.push({ name, shape: [size], role: "vector", start, residual: false, block })
  const bias = (name: string, size: number, block: boolean) => {
    if (!shape.no_bias) vector(`${name}.bias`, size, "zeros", block)
  }
  const norm = (name: string, block: boolean) => {
    vector(`${name}.weight`, d, "ones", block)
    bias(name, d, block)
  }
  const linear = (name: string, out: number, columns: number, residual?: true) => {
    weight(name, "hidden", out, columns, residual ? { block: true, residual } : { block: true })
    bias(name, out, true)
  }

  weight("transformer.wte", "input", V, d)
  if (shape.positions === "learned") weight("transformer.wpe", "input", S, d)
  for (let i = 0; i < shape.n_layers; i++) {
    const block = `transformer.blocks.${i}`
    norm(`${block}.norm_1`, true)
    linear(`${block}.attn.Wqkv`, 3 * d, d)
    if (shape.qk_ln) {
      norm(`${block}.attn.q_ln`, true)
      norm(`${block}.attn.k_ln`, true)
    }
    linear(`${block}.attn.out_proj`, d, d, true)
    norm(`${block}.norm_2`, true)
    linear(`${block}.ffn.up_proj`, hidden, d)
    linear(`${block}.ffn.down_proj`, d, hidden, true)
  }
  norm("transformer.norm_f", false)
  if (!shape.tie_word_embeddings) weight("lm_head", "output", V, d)
  return list
}
