import { batchesFor, horizonsTo, longestDial, rateFor, validationFor } from "./longest.ts"
import type { Preset } from "./Preset.ts"

export const transformer: Preset = {
  id: "transformer",
  title: "A tiny transformer",
  summary:
    "A decoder of width 16 under muP learns a synthetic language with AdamW, in this tab: 25 runs, a minute or a few of work.",
  source: "trained in this tab",
  dials: () => [longestDial(13, 19, 17)],
  quick: false,
  study: ({ longest }) => ({
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
    schedule: { kind: "constant_with_warmup", warmup: 2 ** (longest! - 8) },
    data: {
      synthetic: { vocabulary: 32, order: 1, seed: 1 },
      validation: { tokens: validationFor(longest!), seed: 1 },
    },
    precision: "f32",
    logEvery: 2 ** (longest! - 6),
    batch: batchesFor(longest!, 12, 4),
    horizon: horizonsTo(longest!),
    eta: {
      octaves: {
        center: { power: { of: "batch", coefficient: rateFor(longest!, 2 ** -10.5, 17), exponent: 0.45 } },
        from: -2,
        to: 2,
        step: 1,
      },
    },
  }),
}
