/** A small valid spec for tests of this package. */
import type { RunSpecInput } from "../src/RunSpec.ts"

export const tinySpec: RunSpecInput = {
  model: { d_model: 32, n_layers: 1, n_heads: 2, max_seq_len: 16, vocab_size: 64 },
  parametrisation: { kind: "mup", baseWidth: 32 },
  optimizer: { kind: "adamw", decay: "independent" },
  eta: 2 ** -8,
  schedule: { kind: "constant_with_warmup", warmup: 256 },
  batch: { kind: "constant", tokens: 64 },
  data: {
    source: { kind: "synthetic", vocabulary: 64, order: 1, seed: 1 },
    tokenizer: { kind: "none" },
    validation: { tokens: 512, seed: 1 },
    seed: 1,
  },
  seed: 1,
}
