import type { Coupling } from "./decay.ts"
import { requirePositive } from "./HyperparameterError.ts"

/** Settings of AdamW as somebody published them; the learning rate is not part of it. */
export interface Preset {
  readonly optimizer: {
    readonly kind: "adamw"
    readonly betas: readonly [number, number]
    readonly eps: number
    readonly weightDecay: number
    readonly decay: Coupling
    /** Global gradient-norm clip; null where none is applied. */
    readonly clip: number | null
  }
  /** Where the values come from. */
  readonly source: string
}

/**
 * Betas and weight-average decay recommended by batch in arXiv 2410.21676 (the repository's README and configs), which
 * counts batches in sequences of 512 tokens: [sequences, beta2, decay of the average].
 */
const CRITICAL_BATCH_TABLE: ReadonlyArray<readonly [number, number, number]> = [
  [64, 0.999, 0.9995],
  [128, 0.999, 0.9995],
  [256, 0.995, 0.9995],
  [512, 0.99, 0.9995],
  [1024, 0.99, 0.999],
  [2048, 0.95, 0.998],
  [4096, 0.95, 0.995],
  [8192, 0.95, 0.99],
  [16384, 0.95, 0.99],
]
const CRITICAL_BATCH_SEQUENCE = 512

/**
 * beta2 and the decay of the weight average that arXiv 2410.21676 recommends for a batch of `batch` tokens. The paper gives
 * powers of two from 64 to 16384 sequences of 512 tokens; between two of them the smaller one's values hold, outside the
 * nearest one's.
 */
export const criticalBatchSettings = (batch: number): { readonly beta2: number; readonly averageDecay: number } => {
  requirePositive("batch", batch)
  const sequences = batch / CRITICAL_BATCH_SEQUENCE
  const [, beta2, averageDecay] =
    CRITICAL_BATCH_TABLE.findLast(([listed]) => listed <= sequences) ?? CRITICAL_BATCH_TABLE[0]!
  return { beta2, averageDecay }
}

export const presets = {
  "adamw-torch": {
    optimizer: {
      kind: "adamw",
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 1e-2,
      decay: "coupled-to-lr",
      clip: null,
    },
    source: "defaults of torch.optim.AdamW",
  },
  "decoupled-adamw-mosaicml": {
    optimizer: {
      kind: "adamw",
      betas: [0.9, 0.95],
      eps: 1e-8,
      weightDecay: 1e-5,
      decay: "independent",
      clip: null,
    },
    source: "defaults of composer.optim.DecoupledAdamW (MosaicML Composer)",
  },
  "decoupled-adamw-time-transfer": {
    optimizer: { kind: "adamw", betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0, decay: "independent", clip: 1 },
    source:
      "the first author's public llm-foundry fork (ofivite/llm-foundry, branch mup-dev, mid 2024), made before arXiv 2410.05838; the paper itself names Decoupled AdamW, and its weight decay is not verified",
  },
  "adamw-critical-batch": {
    optimizer: { kind: "adamw", betas: [0.95, 0.995], eps: 1e-8, weightDecay: 0, decay: "coupled-to-lr", clip: 1 },
    source:
      "configs of arXiv 2410.21676 (hlzhang109/critical-batch-size) at their reference batch of 256 sequences of 512 tokens; beta2 and the weight average follow the batch: criticalBatchSettings",
  },
} as const satisfies Readonly<Record<string, Preset>>

export type PresetName = keyof typeof presets
