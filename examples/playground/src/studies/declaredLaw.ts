import { defaultLaw, optimalEta, type SurrogateLaw } from "@ts/backend-surrogate"
import type { Preset, Settings } from "./Preset.ts"

export const lawOf = ({ growth }: Settings): SurrogateLaw => ({
  ...defaultLaw,
  peakBatch: { at2p20: 2 ** 11.5, exponent: growth! },
  overheadBatch: { at2p20: 2 ** 10.5, exponent: 0.5 },
})

export const noiseOf = ({ noise }: Settings) => ({ deviation: noise!, shared: 0.5, seed: 1 })

export const declaredLaw: Preset = {
  id: "declared-law",
  title: "A law you declare",
  summary:
    "Losses are drawn from a law, with noise; nothing is trained. Set how noisy a reading is and how fast the critical batch grows, and see whether the fit finds it again.",
  source: "drawn from your law",
  dials: () => [
    {
      name: "noise",
      label: "Noise of a reading, nats",
      from: 0.0005,
      to: 0.006,
      step: 0.0005,
      initial: 0.001,
      text: (value) => value.toFixed(4),
    },
    {
      name: "growth",
      label: "Critical batch grows as T to the",
      from: 0,
      to: 1.2,
      step: 0.1,
      initial: 0.7,
      text: (value) => value.toFixed(1),
    },
  ],
  quick: true,
  study: () => ({
    name: "playground-declared-law",
    model: { d_model: 64, n_layers: 2, n_heads: 4, max_seq_len: 64, vocab_size: 256 },
    parametrisation: { kind: "mup", baseWidth: 64 },
    optimizer: { kind: "adamw", decay: "independent" },
    schedule: { kind: "constant" },
    data: { synthetic: { vocabulary: 256, order: 1, seed: 1 } },
    batch: [2 ** 8, 2 ** 9, 2 ** 10, 2 ** 11, 2 ** 12, 2 ** 13, 2 ** 14],
    horizon: [2 ** 18, 2 ** 19, 2 ** 20, 2 ** 21, 2 ** 22],
    eta: {
      octaves: {
        center: { power: { of: "batch", coefficient: 2 ** -8.5, exponent: 0.2 } },
        from: -2.25,
        to: 2.25,
        step: 0.75,
      },
    },
  }),
  truth: (settings) => {
    const law = lawOf(settings)
    const { at2p20, exponent } = law.peakBatch
    return {
      peakBatch: (tokens) => at2p20 * (tokens / 2 ** 20) ** exponent,
      eta: (batch, tokens) => optimalEta(law, batch, tokens),
    }
  },
}
