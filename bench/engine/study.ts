/** Studies of any number of runs, six horizons each. */
import { Study } from "../../packages/sweep/src/index.ts"

const HORIZONS = [2 ** 12, 2 ** 13, 2 ** 14, 2 ** 15, 2 ** 16, 2 ** 17]

/** 8 batches by 25 learning rates by seeds; `runs` is a multiple of 200. */
export const studyOf = (runs: number): Study =>
  Study.make({
    name: "engine",
    model: { d_model: 64, n_layers: 2, n_heads: 4, max_seq_len: 32, vocab_size: 512 },
    parametrisation: { kind: "mup", baseWidth: 64 },
    optimizer: { kind: "adamw", decay: "independent" },
    schedule: { kind: "constant" },
    data: { synthetic: { vocabulary: 512, order: 1, seed: 1 } },
    batch: [32, 64, 128, 256, 512, 1024, 2048, 4096],
    horizon: HORIZONS,
    eta: Array.from({ length: 25 }, (_, i) => 2 ** (-14 + i / 3)),
    seeds: Array.from({ length: runs / 200 }, (_, i) => i),
  })
