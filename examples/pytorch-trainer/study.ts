/** Where the best learning rate lies at two widths, asked of the PyTorch trainer: under muP at the same place. */
import { Study } from "@ts/sweep"

export default Study.make({
  name: "pytorch",
  model: { d_model: 32, n_layers: 2, n_heads: 4, max_seq_len: 32, vocab_size: 64, zero_readout: true },
  parametrisation: { kind: "mup", baseWidth: 32 },
  optimizer: { kind: "adamw", betas: [0.9, 0.95], decay: "independent" },
  schedule: { kind: "constant_with_warmup", warmup: 2 ** 12 }, // tokens, like every position in a run
  batch: [2 ** 8],
  horizon: [2 ** 15, 2 ** 16],
  eta: { octaves: { center: 2 ** -7, from: -2, to: 2, step: 1 } },
  data: { synthetic: { vocabulary: 64, order: 1, seed: 1 }, validation: { tokens: 2 ** 12, seed: 1 } },
  parts: [{}, { model: { d_model: 64 } }],
})
