import type { Preset } from "./Preset.ts"

export const transformer: Preset = {
  id: "transformer",
  title: "A tiny transformer, trained here",
  summary:
    "A decoder of width 16 under muP learns a synthetic language with AdamW, in this tab: 25 runs of up to 131,072 tokens, about a minute of work for a processor.",
  source: "trained in this tab",
  dials: [],
  quick: false,
  study: () => ({
    name: "playground-transformer",
    model: {
      d_model: 16,
      n_layers: 1,
      n_heads: 2,
      max_seq_len: 16,
      vocab_size: 32,
      positions: "alibi",
      tie_word_embeddings: false,
      zero_readout: true,
      emb_init_std: 1,
    },
    parametrisation: { kind: "mup", baseWidth: 16 },
    optimizer: { kind: "adamw", betas: [0.9, 0.95], decay: "independent" },
    schedule: { kind: "constant_with_warmup", warmup: 2 ** 9 },
    data: { synthetic: { vocabulary: 32, order: 1, seed: 1 }, validation: { tokens: 2 ** 13, seed: 1 } },
    precision: "f32",
    logEvery: 2 ** 11,
    batch: [2 ** 5, 2 ** 6, 2 ** 7, 2 ** 8, 2 ** 9],
    horizon: [2 ** 13, 2 ** 14, 2 ** 15, 2 ** 16, 2 ** 17],
    eta: {
      octaves: {
        center: { power: { of: "batch", coefficient: 2 ** -10.5, exponent: 0.45 } },
        from: -2,
        to: 2,
        step: 1,
      },
    },
  }),
}
