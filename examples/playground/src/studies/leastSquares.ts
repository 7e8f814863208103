import type { Problem } from "@ts/backend-least-squares"
import type { Preset } from "./Preset.ts"

/** Spectrum and target fall as powers of the index; labels are noisy. */
export const problem: Problem = { a: 1.5, b: 2.5, modes: 20_000, sigma: 1, signal: 1 }

export const readingNoise = { deviation: 3e-5, shared: 0.5, seed: 1 }

export const leastSquares: Preset = {
  id: "least-squares",
  title: "Least squares",
  summary:
    "Stochastic gradient descent on a problem with a power-law spectrum, which can be solved exactly. The best rate falls with the horizon, and rises with the batch until it meets the edge of stability.",
  source: "solved exactly",
  dials: () => [],
  quick: true,
  study: () => ({
    name: "playground-least-squares",
    model: { d_model: 32, n_layers: 1, n_heads: 1, max_seq_len: 1, vocab_size: 64 },
    parametrisation: { kind: "standard" },
    optimizer: { kind: "sgd", momentum: 0, clip: null, decay: "independent" },
    schedule: { kind: "constant" },
    data: { synthetic: { vocabulary: 64, order: 1, seed: 1 } },
    batch: [2 ** 0, 2 ** 2, 2 ** 4, 2 ** 6, 2 ** 8],
    horizon: [2 ** 13, 2 ** 14, 2 ** 15, 2 ** 16, 2 ** 17, 2 ** 18],
    eta: {
      octaves: {
        center: { power: { of: "batch", coefficient: 2 ** -3.5, exponent: 0.75, max: 2 } },
        from: -2.5,
        to: 2.5,
        step: 0.5,
      },
    },
  }),
}
